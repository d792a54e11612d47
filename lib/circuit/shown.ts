/** How public objects are shown, and how they work inside proxies. */

/** What Node, Bun and Deno call in place of showing an object's fields. Registered: no import needed. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const SELF = Symbol('self')

/**
 * Shows objects of the class by their `toJSON`, and keeps Vue from making them reactive: its proxies are
 * deep, and would slow down each request.
 */
export function makeShown(prototype: { toJSON(): object }, name: string): void {
  const show = function (
    this: { toJSON(): object },
    _depth: number,
    options: object,
    inspect: (value: object, options: object) => string,
  ) {
    return `${name} ${inspect(this.toJSON(), options)}`
  }
  Object.defineProperties(prototype, { [INSPECT]: { value: show }, __v_skip: { value: true } })
}

export function keepSelf(object: object): void {
  Object.defineProperty(object, SELF, { value: object })
}

/** The object itself, even if it is reached through a proxy, which has none of its private fields. */
export function itself<Value extends object>(value: Value): Value {
  return Reflect.get(value, SELF) as Value
}
