/** Waits for conditions, in specs and in scripts without jest. */
import { setTimeout as sleep } from 'node:timers/promises'

/** The real clock, even if a spec has replaced it. */
const now = performance.now.bind(performance)

/**
 * Waits until a condition holds. If it never does, the error names it.
 *
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} condition
 * @param {number} [seconds]
 * @returns {Promise<T extends boolean ? void : NonNullable<T>>} the first result that is not falsy
 */
export async function until(what, condition, seconds = 20) {
  const end = now() + seconds * 1000
  for (;;) {
    const result = await condition()
    if (result) return /** @type {any} */ (result)
    if (now() > end) throw new Error(`Waited ${seconds} s in vain until ${what}`)
    await sleep(2)
  }
}
