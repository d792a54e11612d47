/** The name under which this process counts for the quorum. */
import { property } from '../internal/property.js'

/** All copies of the package in a process share this key, whatever loaded them. */
const KEY = Symbol.for('axios-breaker.reporter')

/**
 * All breakers of a process share one name. Worker threads have their own globals, so each has its own name.
 */
export function processReporter(): string {
  const known = property(globalThis, KEY)
  if (typeof known === 'string') return known
  const made = crypto.randomUUID()
  Object.defineProperty(globalThis, KEY, { value: made })
  return made
}
