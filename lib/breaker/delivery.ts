/**
 * Runs jobs one after another, in their order. Jobs that make jobs may go on for ever: after so many
 * in one turn of the event loop the rest waits for a later turn.
 */
import { inLaterTurn, TurnCount } from '../internal/turns.js'

type Job = () => void

/** Per turn: some milliseconds of listeners that do little, as a test makes them in one turn. */
export const MOST_PER_TURN = 1000
/** Waiting. Some 10 MB: more than any burst of requests, and reached only if jobs make more than one each. */
export const MOST_WAITING = 100_000
/** Milliseconds: whoever goes on for ever leaves most of the processor to others. */
const LONGEST_PAUSE = 10
const LASTING = 10

export class Delivery {
  readonly #onPause: (isLasting: boolean) => void
  readonly #turn = new TurnCount(MOST_PER_TURN)
  readonly #waiting = new Set<Job>()
  #isRunning = false
  /** Pauses on end at which no fewer waited than at the one before: a mere burst gets less. */
  #fruitless = 0
  #backlog = 0

  /** @param onPause the rest waits; `isLasting` if no end is in sight, turn after turn */
  constructor(onPause: (isLasting: boolean) => void) {
    this.#onPause = onPause
  }

  /** Now, or after those that wait. False if too many wait, and it is dropped. */
  run(job: Job): boolean {
    if (this.#waiting.size >= MOST_WAITING) return false
    this.#waiting.add(job)
    if (this.#isRunning) return true
    this.#isRunning = true
    if (this.#turn.isFull) this.#pause()
    else this.#goOn()
    return true
  }

  #goOn(): void {
    for (const job of this.#waiting) {
      this.#waiting.delete(job)
      job()
      if (this.#turn.add() && this.#waiting.size > 0) return this.#pause()
    }
    this.#isRunning = false
  }

  #pause(): void {
    const { size } = this.#waiting
    this.#turn.next()
    const { full } = this.#turn
    this.#fruitless = full === 1 || size < this.#backlog ? 0 : this.#fruitless + 1
    this.#backlog = size
    inLaterTurn(() => this.#goOn(), Math.min(this.#fruitless, LONGEST_PAUSE))
    this.#onPause(this.#fruitless >= LASTING)
  }
}
