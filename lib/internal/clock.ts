/**
 * Reads a monotonic clock, in seconds. Each reading looks up both clocks, so that fake timers take effect.
 * If a test replaced `Date` and left `performance` alone, time passes as the fake `Date` says. Otherwise
 * `Date` is not read: some frameworks do not cache a page whose code reads it.
 */
import { property } from './property.js'

const MS_PER_SECOND = 1000

const realDate = Date.now
const realPerformance = property(globalThis.performance, 'now')

/** The last reading, and what a fake `Date` said at that moment, in milliseconds. */
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
    // A fake clock may start at any time, and may be set back.
    last += Math.max(0, lastDate - before)
  }
  return last / MS_PER_SECOND
}
