/** Yields to the event loop: code that only chains promises keeps timers and sockets waiting. */
import { property } from './property.js'

/** The real timer, even if a test replaces it later. */
const { setTimeout: startTimer } = globalThis

/** Resolves in a later turn of the event loop. */
export function laterTurn(): Promise<void> {
  return new Promise((resolve) => void startTimer(resolve, 0))
}

/** Runs the job in a later turn of the event loop, without keeping the process alive. */
export function inLaterTurn(job: () => void, milliseconds = 0): void {
  const timer: unknown = startTimer(job, milliseconds)
  const unref = property(timer, 'unref')
  if (typeof unref === 'function') unref.call(timer)
}

/** Counts what happens in one turn of the event loop, at the cost of an occasional timer. */
export class TurnCount {
  /** How many turns in a row were full. */
  full = 0
  readonly #most: number
  #count = 0

  /** @param most how many calls of `add` fill a turn */
  constructor(most: number) {
    this.#most = most
  }

  get isFull(): boolean {
    return this.#count >= this.#most
  }

  /** Counts one more. Returns true once this turn is full. */
  add(): boolean {
    this.#count += 1
    // From half on, a timer resets the count in the next turn, unless `next` began that turn in the meantime.
    if (this.#count === Math.ceil(this.#most / 2)) {
      const { full } = this
      inLaterTurn(() => {
        if (full === this.full) this.full = this.#count = 0
      })
    }
    return this.isFull
  }

  /** Begins the turn that follows a full one. */
  next(): void {
    this.full += 1
    this.#count = 0
  }
}
