/** The time until circuits that are not closed are read again: a message about them may have been lost. */
import { schedule } from '../internal/timers.js'

/** The largest deviation of the time between two reads, as a fraction of `refresh`. */
const JITTER = 0.2

export class Refresh {
  readonly #seconds: number
  readonly #onDue: () => void
  #cancel: (() => void) | undefined

  /** @param seconds on average, so that the processes of a fleet do not all read at once */
  constructor(seconds: number, onDue: () => void) {
    this.#seconds = seconds
    this.#onDue = onDue
  }

  /** Does nothing if it has started already. It is over once it is due. */
  readonly start = (): void => {
    const seconds = this.#seconds * (1 + JITTER * (2 * Math.random() - 1))
    this.#cancel ??= schedule(seconds, () => {
      this.#cancel = undefined
      this.#onDue()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
