/** A property of anything at all: errors and configs come from strangers, and may be no objects. */
export function property(value: unknown, key: PropertyKey): unknown {
  return Reflect.get(Object(value) as object, key)
}
