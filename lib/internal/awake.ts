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

/** In an object, as engines write a number there in place, and make a new one for a variable of a module. */
const awake = {
  /** Seconds in which the process stood still, as far as was noticed. */
  lost: 0,
  nextBeat: 0,
  watchedUntil: -Infinity,
  isBeating: false,
}

/** @param span how many seconds after a reading there may be another that is compared with it */
export function awakeClock(span: number) {
  return {
    now(): number {
      const now = monotonic()
      if (now + span > awake.watchedUntil) awake.watchedUntil = now + span
      if (!awake.isBeating) beatFrom(now)
      notice(now)
      return now - awake.lost
    },
    /** A time that `now` would not exceed: what is beyond the next beat would be lost. Reads no clock. */
    latest(): number {
      return awake.isBeating ? awake.nextBeat + LATE - awake.lost : Infinity
    },
  }
}

function beatFrom(now: number): void {
  awake.isBeating = true
  awake.nextBeat = now + BEAT
  schedule(BEAT, beat)
}

function beat(): void {
  const now = monotonic()
  notice(now)
  awake.isBeating = false
  if (now < awake.watchedUntil) beatFrom(now)
}

function notice(now: number): void {
  if (now - awake.nextBeat <= LATE) return
  awake.lost += now - awake.nextBeat
  awake.nextBeat = now
}
