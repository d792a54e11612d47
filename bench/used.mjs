/** What the rules add to the memory of a circuit that is used: each variant in a process of its own. */
import { apart } from './apart.mjs'
import { OURS, RATED, RULED } from './variants.mjs'

/** @import { Extent } from './main.mjs' */

/**
 * @param {Extent} extent
 * @returns bytes per circuit: of one without these rules, and what each variant takes in addition
 */
export async function used({ circuits }) {
  /** @type {Record<string, number>} */
  const bytes = {}
  for (const name of [OURS, RATED, RULED]) {
    bytes[name] = (await apart('used-circuits.mjs', name, circuits)).bytes
  }
  const { [OURS]: without, ...others } = bytes
  /** @type {Record<string, number>} */
  const found = {}
  for (const [name, all] of Object.entries(others)) found[name] = all - without
  return { without, found }
}
