/**
 * Reads a monotonic clock, in seconds. Each reading looks up both clocks, so that fake timers take effect.
 * If a test replaced `Date` and left `performance` alone, time passes as the fake `Date` says. Otherwise
 * `Date` is not read: some frameworks do not cache a page whose code reads it.
 */
import { property } from './property.js'

const MS_PER_SECOND = 1000

/** Undefined until this module has seen it: fake timers may be older than this module. */
let realDate: typeof Date.now | undefined
/** Those that were there before the real `Date` was seen. One may be fake, but no later fake is the same. */
const realPerformances = new Set<unknown>()
meetClocks()

/**
 * The last reading, and what a fake `Date` said at that moment, in milliseconds. An object, because engines change
 * a number in it in place, but allocate a new one for a module's variable.
 */
const reading = {
  last: 0,
  date: undefined as number | undefined,
  /** What was read, and whether it may be fake. */
  by: undefined as unknown,
  isByFake: false,
}

/** Whether the clock may be a test's, as of the last reading. Looks up no `performance`, which costs a reading. */
export function isClockFake(): boolean {
  return Date.now !== realDate || reading.isByFake
}

export function monotonic(): number {
  if (Date.now === realDate || !isOnlyDateFake()) {
    readPerformance()
    reading.date = undefined
  } else {
    readDate()
  }
  return reading.last / MS_PER_SECOND
}

function isOnlyDateFake(): boolean {
  if (!realDate) meetClocks()
  return Date.now !== realDate && isPerformanceReal()
}

function isPerformanceReal(): boolean {
  return realPerformances.has(property(performance, 'now'))
}

/** A fake function shows its source. Frameworks bind theirs, which hides it: those are no fakes. */
function meetClocks(): void {
  const { now } = Date
  realPerformances.add(property(globalThis.performance, 'now'))
  if (String(now).includes('[native code]')) realDate = now
}

/** A mock may return anything: what is no time leaves the clock where it was. */
function readPerformance(): void {
  // Looked up once: it is a getter in Node, which costs a third of a reading.
  const clock = performance
  const by = property(clock, 'now')
  if (by !== reading.by) {
    reading.by = by
    reading.isByFake = !realPerformances.has(by)
  }
  const now = clock.now()
  if (Number.isFinite(now)) reading.last = now
}

function readDate(): void {
  const date = Date.now()
  if (!Number.isFinite(date)) return
  if (reading.date === undefined) readPerformance()
  // At first, what counts is how far the fake clock is ahead of the real one.
  const before = reading.date ?? realDate?.() ?? date
  // A fake clock may start at any time, and may be set back.
  reading.last += Math.max(0, date - before)
  reading.date = date
}
