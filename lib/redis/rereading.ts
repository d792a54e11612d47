/**
 * Reads all circuits after a message that could be about any of them, but not once per message in a flood.
 */
import { schedule } from '../internal/timers.js'

const MS_PER_SECOND = 1000
/**
 * Seconds between two readings. It bounds how late a change of a later release is seen, and what a flood
 * costs.
 */
const REREADING_PAUSE = 1

export class Rereading {
  readonly #readAll: () => void
  #readAt = -Infinity
  #cancel: (() => void) | undefined

  constructor(readAll: () => void) {
    this.#readAll = readAll
  }

  /** Reads at once, or as soon as the pause after the last reading is over. */
  request(): void {
    if (this.#cancel) return
    const wait = this.#readAt + REREADING_PAUSE - now()
    if (wait <= 0) this.#read()
    else this.#cancel = schedule(wait, () => this.#read())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #read(): void {
    this.#cancel = undefined
    this.#readAt = now()
    this.#readAll()
  }
}

function now(): number {
  return performance.now() / MS_PER_SECOND
}
