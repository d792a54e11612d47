/**
 * Monotonic seconds. Both clocks are looked up at each reading, so that fake timers take effect: where a
 * test has put another `Date` in place and left `performance` alone, the time that its `Date` says to have
 * passed has passed. Else `Date` is not read, which some frameworks take for a page that is not to be cached.
 */
import { property } from './property.js'

const MS_PER_SECOND = 1000

const realDate = Date.now
const realPerformance = property(globalThis.performance, 'now')

/** Milliseconds: the last reading, and what a fake `Date` said then. */
let last = 0
let lastDate: number | undefined

export function monotonic(): number {
  const { now } = Date
  if (now === realDate || property(performance, 'now') !== realPerformance) {
    last = performance.now()
    lastDate = undefined
  } else {
    const before = lastDate ?? performance.timeOrigin + last
    lastDate = now.call(Date)
    // A fake one may begin at any time, and be set back.
    last += Math.max(0, lastDate - before)
  }
  return last / MS_PER_SECOND
}
