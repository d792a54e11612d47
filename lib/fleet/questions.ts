/** The questions that the storage has not answered yet. */
import type { Publisher } from '../circuit/events.js'
import { withTimeout } from '../internal/timers.js'

/** Seconds. A storage that takes longer to answer hung; a faster one was merely slow. */
const HANGING = 2
/** A storage that hangs is asked no more than this at once: the questions would pile up in memory. */
const MOST_UNANSWERED = 10
/** Seconds after which it is asked once more: it may be back, and never answer what it was asked before. */
const PAUSE = 60

export interface QuestionsOptions {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
  /** Called when a storage that hung answers again. */
  readonly onThaw: () => void
}

export class Questions {
  readonly #options: QuestionsOptions
  /** Since the storage was last found. Includes the questions that were given up. */
  #unanswered = { count: 0 }
  /** When it was last looked for, since it hangs. */
  #triedAt = -Infinity
  /** Excludes the questions that were given up. */
  readonly #pending = new Set<Promise<unknown>>()

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** Whether the storage may be looked for now. */
  mayTry(): boolean {
    const now = this.#options.now()
    if (this.#unanswered.count > MOST_UNANSWERED && now - this.#triedAt < PAUSE) return false
    this.#triedAt = now
    return true
  }

  /** The storage was found. It may never answer what it was asked before. */
  startOver(): void {
    this.#unanswered = { count: 0 }
  }

  /** Makes `drain()` wait for `job`. @returns `job` */
  track<Value>(job: Promise<Value>): Promise<Value> {
    this.#pending.add(job)
    const end = (): unknown => this.#pending.delete(job)
    job.then(end, end)
    return job
  }

  /** Waits for the questions that are on their way now. Each has a deadline. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#pending)
  }

  /** Rejects at the deadline. @param late called with an answer that comes after the deadline */
  async await<Answer>(
    answer: Promise<Answer>,
    deadline: number,
    late?: (answer: Answer) => void,
  ): Promise<Answer> {
    const { publisher, now, onThaw } = this.#options
    const askedAt = now()
    const unanswered = this.#unanswered
    unanswered.count += 1
    if (unanswered.count === MOST_UNANSWERED + 1) this.#triedAt = askedAt
    const end = (): unknown => (unanswered.count -= 1)
    answer.then(end, end)
    const inTime = withTimeout(deadline, answer, `No answer from the storage within ${deadline} s`)
    const comeLate = (value: Answer): void => {
      late?.(value)
      // A storage that is only slow is retried at its usual time.
      if (now() - askedAt > HANGING) onThaw()
    }
    inTime.catch(() => answer.then(comeLate, () => undefined))
    try {
      return await inTime
    } finally {
      publisher.publish('storageAnswered', { duration: now() - askedAt })
    }
  }
}
