/** The name under which this process counts for the quorum. */
import { sharedByCopies } from '../internal/copies.js'

/** Kept here too: if the globals are frozen, they cannot keep it. */
let name: string | undefined

/** All breakers of a process share one name. Worker threads have their own globals, so each has its own name. */
export function processReporter(): string {
  name ??= sharedByCopies('reporter', () => crypto.randomUUID())
  return name
}
