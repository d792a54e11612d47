/** Waits for conditions where the specs' own `until` is out of reach: in helpers that Node runs too. */
import { setTimeout as sleep } from 'node:timers/promises'

/** The real clock, also where a spec has put another in its place. */
const now = performance.now.bind(performance)

/**
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} condition
 * @param {number} [seconds]
 * @returns {Promise<T>} the first result that is not falsy
 */
export async function until(what, condition, seconds = 10) {
  const end = now() + seconds * 1000
  for (;;) {
    const result = await condition()
    if (result) return result
    if (now() > end) throw new Error(`Waited ${seconds} s in vain until ${what}`)
    await sleep(10)
  }
}
