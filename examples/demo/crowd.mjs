/** A crowd of callers that arrive all at once. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves once all calls but one are refused, or after that many milliseconds. */
export async function firstRefused(calls, limit) {
  const refused = []
  /** @type {Promise<void>} */
  const enough = new Promise((resolve) => {
    const note = (result) => {
      if (result.outcome === 'refused') refused.push(result)
      if (refused.length === calls.length - 1) resolve()
    }
    for (const call of calls) call.then(note, () => resolve())
  })
  await Promise.race([enough, sleep(limit)])
  return [...refused]
}
