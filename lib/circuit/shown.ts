/** How public objects are shown, and how they bear to be wrapped. */

/** What Node, Bun and Deno call in place of showing an object's fields. Registered: no import needed. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** The object itself, also where it is reached through a proxy, which has none of its private fields. */
export const SELF = Symbol('self')

type Inspect = (value: unknown, options: unknown) => string

/**
 * Shows objects of the class by their `toJSON`, and keeps Vue from making them reactive: its proxies are
 * deep, and a circuit that is used on each request is better left alone.
 */
export function makeShown(prototype: { toJSON(): object }, name: string): void {
  const show = function (this: { toJSON(): object }, _: number, options: unknown, to?: Inspect) {
    return to ? `${name} ${to(this.toJSON(), options)}` : this.toJSON()
  }
  Object.defineProperty(prototype, INSPECT, { value: show })
  Object.defineProperty(prototype, '__v_skip', { value: true })
}

export function keepSelf(object: object): void {
  Object.defineProperty(object, SELF, { value: object })
}
