/** Measures the cost of idle circuits, each variant in a process of its own. */
import { apart } from './apart.mjs'
import { BARE, NAMES } from './variants.mjs'

/** @returns bytes and timers per variant, without the axios instance itself */
export async function idle({ circuits }) {
  const found = {}
  for (const name of NAMES) {
    found[name] = await apart('idle-circuits.mjs', name, circuits)
  }
  const instance = found[BARE].bytes
  for (const result of Object.values(found)) result.bytes -= instance
  return { instance, found }
}
