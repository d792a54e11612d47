/** Measures the cost of idle circuits, each variant in a process of its own. */
import { apart } from './apart.mjs'
import { BARE, NAMES } from './variants.mjs'

/** @import { Extent } from './main.mjs' */

/**
 * @param {Extent} extent
 * @returns bytes and timers per variant, without the axios instance itself
 */
export async function idle({ circuits }) {
  /** @type {Record<string, { bytes: number, timers: number }>} */
  const found = {}
  for (const name of NAMES) {
    found[name] = await apart('idle-circuits.mjs', name, circuits)
  }
  const instance = found[BARE].bytes
  for (const result of Object.values(found)) result.bytes -= instance
  return { instance, found }
}
