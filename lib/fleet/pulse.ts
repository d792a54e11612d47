/**
 * Detects that this process did not run for a while: it was frozen, suspended with its machine, or busy.
 * It learns of events in that gap too late, and failures that it measured may be its own fault.
 *
 * Only the wall clock goes on in all of these cases. Its value does not matter, because the pulse compares
 * it with itself over half a second. If somebody sets it forward, that costs a few reads.
 */
import { schedule } from '../internal/timers.js'

const MS_PER_SECOND = 1000
const BEAT = 0.5
/** Seconds without a beat that make a gap: three times what a busy process takes. */
const GAP = 1.5

export class Pulse {
  readonly #onGap: () => void
  #lastBeat = 0
  #cancel: (() => void) | undefined

  /** @param onGap called before anything that arrives after the gap is processed */
  constructor(onGap: () => void) {
    this.#onGap = onGap
  }

  /** @param onBeat called at each beat; it has to call `check()` */
  start(onBeat: () => void): void {
    if (this.#cancel) return
    this.#lastBeat = wallClock()
    this.#beatLater(onBeat)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Call this before you trust anything that came from outside. */
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
