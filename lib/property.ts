/** A property of anything at all: errors and configs come from strangers, and may be no objects. */
export function property(value: unknown, key: PropertyKey): unknown {
  return (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key]
}
