/**
 * A clock that stands still while this process does, as it is frozen, or busy with something else: what
 * comes late then is not the fault of whoever was to send it. A beat tells how long that was. It goes on
 * for as long as somebody reads the clock, and keeps no process alive.
 */
import { monotonic } from './clock.js'
import { schedule } from './timers.js'

/** Seconds. A time of less than both together may go unnoticed. */
const BEAT = 0.05
const LATE = 0.02

/** Seconds in which the process stood still, as far as was noticed. */
let lost = 0
let nextBeat = 0
let watchedUntil = -Infinity
let isBeating = false

/** @param span how many seconds after a reading there may be another that is compared with it */
export function awakeClock(span: number): () => number {
  return () => {
    const now = monotonic()
    watchedUntil = Math.max(watchedUntil, now + span)
    if (!isBeating) beatFrom(now)
    notice(now)
    return now - lost
  }
}

function beatFrom(now: number): void {
  isBeating = true
  nextBeat = now + BEAT
  schedule(BEAT, beat)
}

function beat(): void {
  const now = monotonic()
  notice(now)
  isBeating = false
  if (now < watchedUntil) beatFrom(now)
}

function notice(now: number): void {
  if (now - nextBeat <= LATE) return
  lost += now - nextBeat
  nextBeat = now
}
