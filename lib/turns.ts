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
  readonly #most: number
  readonly #onRest: () => void
  #count = 0
  #turn = 0

  /**
   * @param most how much may happen in one turn
   * @param onRest a turn ended before that much had happened
   */
  constructor(most: number, onRest: () => void = () => undefined) {
    this.#most = most
    this.#onRest = onRest
  }

  /** Counts one more. True as soon as this turn has had enough. */
  add(): boolean {
    this.#count += 1
    if (this.#count === Math.ceil(this.#most / 2)) this.#watch()
    return this.#count >= this.#most
  }

  /** A new turn has begun. */
  reset(): void {
    this.#count = 0
    this.#turn += 1
  }

  /** From half of what is allowed on: the timer fires first unless the other half comes in this turn. */
  #watch(): void {
    const turn = this.#turn
    inLaterTurn(() => {
      if (turn !== this.#turn || this.#count >= this.#most) return
      this.reset()
      this.#onRest()
    })
  }
}
