/** Returns what the function returns, or undefined if it throws. */
export function tryCall<Value>(call: () => Value): Value | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

/**
 * Reads a property of any value. Errors, answers and configs come from code that we do not control: they may
 * not be objects, and a getter or a proxy may throw. In that case the property counts as missing.
 */
export function property(value: unknown, key: PropertyKey): unknown {
  try {
    return (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key]
  } catch {
    return undefined
  }
}
