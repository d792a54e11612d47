/** What it returns; undefined if it throws. */
export function tryCall<Value>(call: () => Value): Value | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

/**
 * A property of anything at all: errors, answers and configs come from strangers. They may be no
 * objects, and a getter or a proxy may throw: then the property is as good as missing.
 */
export function property(value: unknown, key: PropertyKey): unknown {
  try {
    return (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key]
  } catch {
    return undefined
  }
}
