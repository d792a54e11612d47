/**
 * Notices that this process did not run for a while: it was frozen, suspended with its machine, or busy.
 * What happened meanwhile it learns too late, and what it has measured may be its own fault.
 *
 * The wall clock is the only one that goes on in all of these cases. It is compared with itself over half
 * a second, so it may be wrong; one that is set forward costs a few reads.
 */
import { schedule } from '../internal/timers.js'

const MS_PER_SECOND = 1000
const BEAT = 0.5
/** Seconds without a beat: three times of what a process with much to do takes. */
const GAP = 1.5

export class Pulse {
  readonly #onGap: () => void
  #lastBeat = 0
  #cancel: (() => void) | undefined

  /** @param onGap called before anything that comes after the gap is looked at */
  constructor(onGap: () => void) {
    this.#onGap = onGap
  }

  /** @param onBeat what has the pulse checked */
  start(onBeat: () => void): void {
    if (this.#cancel) return
    this.#lastBeat = wallClock()
    this.#beatLater(onBeat)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** To be called before anything is believed that came from outside. */
  check(): void {
    if (!this.#cancel) return
    const now = wallClock()
    const hasStopped = now - this.#lastBeat > GAP
    if (!hasStopped) return
    this.#lastBeat = now
    this.#onGap()
  }

  #beatLater(onBeat: () => void): void {
    this.#cancel = schedule(BEAT, () => {
      onBeat()
      this.#lastBeat = wallClock()
      this.#beatLater(onBeat)
    })
  }
}

function wallClock(): number {
  return Date.now() / MS_PER_SECOND
}
