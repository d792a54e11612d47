/**
 * Runs jobs one after another, in order. Jobs that add jobs could go on for ever: after so many
 * in one turn of the event loop the rest waits for a later turn.
 */
import { inLaterTurn, TurnCount } from '../internal/turns.js'

type Job = () => void

/** Jobs per turn of the event loop. Listeners that do little need a few milliseconds for them. */
export const MOST_PER_TURN = 1000
/** Waiting jobs, about 10 MB. No burst of requests has as many, only jobs that add more than one job each. */
export const MOST_WAITING = 100_000
/** Milliseconds. An endless chain of jobs leaves most of the processor to others. */
const LONGEST_PAUSE = 10
const LASTING = 10

export class Delivery {
  readonly #onPause: (isLasting: boolean) => void
  readonly #turn = new TurnCount(MOST_PER_TURN)
  readonly #waiting = new Set<Job>()
  #isRunning = false
  /**
   * Consecutive pauses without progress: no fewer jobs waited than at the one before. A burst makes progress.
   */
  #fruitless = 0
  #backlog = 0

  /** @param onPause called if the rest waits; `isLasting` after many turns without progress */
  constructor(onPause: (isLasting: boolean) => void) {
    this.#onPause = onPause
  }

  /** Runs the job now, or after those that wait. @returns false if it was dropped because too many wait */
  run(job: Job): boolean {
    if (this.#isRunning || this.#turn.isFull) return this.#wait(job)
    this.#isRunning = true
    job()
    const isFull = this.#turn.add()
    // Usually no job waits. Iterating over an empty set would cost each request.
    if (this.#waiting.size === 0) this.#isRunning = false
    else if (isFull) this.#pause()
    else this.#goOn()
    return true
  }

  #wait(job: Job): boolean {
    if (this.#waiting.size >= MOST_WAITING) return false
    this.#waiting.add(job)
    if (!this.#isRunning) this.#pause()
    this.#isRunning = true
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
