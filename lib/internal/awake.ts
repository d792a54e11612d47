/**
 * A clock that stops while this process does not run, because it is frozen or busy with something else. An answer
 * that is late for this reason is not the fault of its sender. A timer, the beat, measures how long the process
 * stood still. It runs as long as somebody reads the clock, and does not keep the process alive. The time that a
 * test's own clock shows counts in full: a test sets it ahead while the process does nothing else.
 */
import { isClockFake, monotonic } from './clock.js'
import { isFakeTimer } from './fake-timer.js'
import { schedule } from './timers.js'

/** Seconds. A stall that is shorter than both together may go unnoticed. */
const BEAT = 0.05
const LATE = 0.02

/** An object, because engines change a number in it in place, but allocate a new one for a module's variable. */
const awake = {
  /** Seconds in which the process stood still, as far as was noticed. */
  lost: 0,
  /** Infinity if the timers are fake, since those are late for other reasons. */
  nextBeat: 0,
  watchedUntil: -Infinity,
  /** What the next beat waits by, or would wait by if it were not fake; undefined if no beat is due. */
  beatsBy: undefined as typeof setTimeout | undefined,
  /** How often a beat was waited for: only the last one counts. */
  beats: 0,
}

/** Where zone.js keeps the platform's own timer: Angular waits for all that are started by its own. */
const UNPATCHED = '__zone_symbol__setTimeout'
const unpatched = globalThis as { readonly [UNPATCHED]?: typeof setTimeout }

/** @param span for how many seconds a reading may still be compared with a later one */
export function awakeClock(span: number) {
  return {
    now(): number {
      const now = monotonic()
      if (now + span > awake.watchedUntil) awake.watchedUntil = now + span
      if (awake.beatsBy !== setTimeout) beatFrom(now)
      // The beat that is overdue may never come: some platforms drop the timers of a request that has ended.
      if (notice(now)) waitForBeat(0)
      return now - awake.lost
    },
    /** A time that `now` would not exceed: time after the next beat would count as a stall. Reads no clock. */
    latest(): number {
      const isKnown = awake.beatsBy === setTimeout && !isClockFake()
      return isKnown ? awake.nextBeat + LATE - awake.lost : Infinity
    },
  }
}

function beatFrom(now: number): void {
  awake.beatsBy = setTimeout
  awake.nextBeat = Infinity
  // It would measure nothing. A test that runs all its timers while the time stands still would run it for ever.
  if (isFakeTimer(setTimeout)) return
  awake.nextBeat = now + BEAT
  waitForBeat(BEAT)
}

/** In place of any beat before. */
function waitForBeat(seconds: number): void {
  awake.beats += 1
  const { beats } = awake
  const job = (): void => {
    if (awake.beats === beats) beat()
  }
  schedule(seconds, job, unpatched[UNPATCHED] ?? setTimeout)
}

function beat(): void {
  const now = monotonic()
  notice(now)
  awake.beatsBy = undefined
  if (now < awake.watchedUntil) beatFrom(now)
}

/** @returns whether the process stood still, or a beat was lost */
function notice(now: number): boolean {
  if (now - awake.nextBeat <= LATE) return false
  if (!isClockFake()) awake.lost += now - awake.nextBeat
  awake.nextBeat = now
  return true
}
