/**
 * What all copies of the package in a process share: its two module formats, several installs, and copies that
 * a bundler or a hot reload has evaluated anew.
 */
import { property } from './property.js'

/**
 * Returns the value of this name, which the first copy makes. Worker threads have their own globals, so each has
 * its own value.
 *
 * @param name ends in the number of the value's format if it has methods or fields: copies of other versions use
 *   only a format that they know
 */
export function sharedByCopies<Value>(name: string, make: () => Value): Value {
  const key = Symbol.for(`axios-breaker.${name}`)
  const known = property(globalThis, key)
  if (known !== undefined) return known as Value
  const made = make()
  // It does not throw if the globals are frozen. Then each copy is on its own.
  Reflect.defineProperty(globalThis, key, { value: made })
  return made
}
