/**
 * Runs jobs one after another, in their order. Jobs that make jobs may go on for ever: after so many
 * in one turn of the event loop the rest waits for a later turn.
 */
import { inLaterTurn, TurnCount } from './turns.js'

type Job = () => void

interface Reports {
  /** The rest waits. `isLasting` if no end is in sight, turn after turn. */
  readonly paused: (isLasting: boolean) => void
  /** A job was dropped, as too many wait. */
  readonly dropped: () => void
}

/** Per turn: some milliseconds of listeners that do little. */
const MOST_PER_TURN = 250
/** Waiting. Some 10 MB: more than any burst of requests, and reached only if jobs make more than one each. */
export const MOST_WAITING = 100_000
/** Milliseconds: whoever goes on for ever leaves most of the processor to others. */
const LONGEST_PAUSE = 10
const LASTING = 10

export class Delivery {
  readonly #reports: Reports
  readonly #turn = new TurnCount(MOST_PER_TURN, () => {
    this.#pauses = 0
    this.#fruitless = 0
  })
  #waiting: Job[] = []
  /** Where the queue begins: shifting a long array moves all of it. */
  #next = 0
  #isRunning = false
  #pauses = 0
  /** Pauses on end at which no fewer waited than at the one before: a mere burst gets less. */
  #fruitless = 0
  #backlog = 0

  constructor(reports: Reports) {
    this.#reports = reports
  }

  /** Now, or after those that wait. */
  run(job: Job): void {
    if (this.#isRunning) {
      if (this.#waiting.length - this.#next < MOST_WAITING) this.#waiting.push(job)
      else this.#reports.dropped()
      return
    }
    this.#isRunning = true
    job()
    this.#goOn()
  }

  #goOn(): void {
    while (!this.#turn.add()) {
      const job = this.#waiting[this.#next]
      if (!job) {
        this.#waiting = []
        this.#next = 0
        this.#isRunning = false
        return
      }
      this.#next += 1
      job()
    }
    this.#pause()
  }

  #pause(): void {
    this.#pauses += 1
    this.#waiting = this.#waiting.slice(this.#next)
    this.#next = 0
    inLaterTurn(
      () => {
        this.#turn.reset()
        this.#goOn()
      },
      Math.min(this.#pauses, LONGEST_PAUSE),
    )
    this.#fruitless = this.#waiting.length < this.#backlog ? 0 : this.#fruitless + 1
    this.#backlog = this.#waiting.length
    this.#reports.paused(this.#fruitless >= LASTING)
  }
}
