/** A crowd of callers that arrive all at once. */
import { setTimeout as sleep } from 'node:timers/promises'

/** @import { Call } from './arm.mjs' */

/**
 * Resolves once all calls but one are refused, or after that many milliseconds.
 *
 * @param {readonly Promise<Call>[]} calls
 * @param {number} limit
 */
export async function firstRefused(calls, limit) {
  /** @type {Call[]} */
  const refused = []
  /** @type {Promise<void>} */
  const enough = new Promise((resolve) => {
    /** @param {Call} result */
    const note = (result) => {
      if (result.outcome === 'refused') refused.push(result)
      if (refused.length === calls.length - 1) resolve()
    }
    for (const call of calls) call.then(note, () => resolve())
  })
  await Promise.race([enough, sleep(limit)])
  return [...refused]
}
