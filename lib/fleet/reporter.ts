/** The name of this process for the quorum. */
import { property } from '../internal/property.js'

/** Every copy of the package finds the same one, whatever loaded it. */
const KEY = Symbol.for('axios-breaker.reporter')

/** The same for all breakers of the process. Worker threads have globals, and so names, of their own. */
export function processReporter(): string {
  const known = property(globalThis, KEY)
  if (typeof known === 'string') return known
  const made = crypto.randomUUID()
  Object.defineProperty(globalThis, KEY, { value: made })
  return made
}
