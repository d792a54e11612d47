/** Gives the event loop back: what goes on by promises alone lets no timer and no socket have its turn. */
import { property } from './property.js'

/** The real one, whatever a test puts in its place later. */
const { setTimeout: startTimer } = globalThis

/** Settles in a later turn of the loop. */
export function laterTurn(): Promise<void> {
  return new Promise((resolve) => void startTimer(resolve, 0))
}

/** Calls the job in a later turn of the loop. Keeps no process alive. */
export function inLaterTurn(job: () => void, milliseconds = 0): void {
  const timer: unknown = startTimer(job, milliseconds)
  const unref = property(timer, 'unref')
  if (typeof unref === 'function') unref.call(timer)
}

/** Counts what happens in one turn of the loop, at the cost of a timer now and then. */
export class TurnCount {
  /** Turns on end that have had enough. */
  full = 0
  readonly #most: number
  #count = 0

  /** @param most how much may happen in one turn */
  constructor(most: number) {
    this.#most = most
  }

  get isFull(): boolean {
    return this.#count >= this.#most
  }

  /** Counts one more. True as soon as this turn has had enough. */
  add(): boolean {
    this.#count += 1
    // From half of it on: the timer fires in a new turn, unless that was begun by `next` meanwhile.
    if (this.#count === Math.ceil(this.#most / 2)) {
      const { full } = this
      inLaterTurn(() => {
        if (full === this.full) this.full = this.#count = 0
      })
    }
    return this.isFull
  }

  /** The turn after one that has had enough. */
  next(): void {
    this.full += 1
    this.#count = 0
  }
}
