/** What the storage was asked and has not answered yet. */
import type { Publisher } from '../circuit/types.js'
import type { Answer } from '../storage/contract.js'
import { withTimeout } from '../internal/timers.js'

/** Seconds after which a storage hangs, and is not merely slow. */
const HANGING = 2
/** One that hangs is not asked for ever: what it was asked would pile up in memory. */
const MOST_UNANSWERED = 10

export interface QuestionsOptions {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
  /** The storage hung, and does so no more. */
  readonly onThaw: () => void
}

export class Questions {
  readonly #options: QuestionsOptions
  /** Given up or not. */
  #unanswered = 0
  /** Those that are not given up. */
  readonly #pending = new Set<Promise<unknown>>()

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  get areTooMany(): boolean {
    return this.#unanswered > MOST_UNANSWERED
  }

  /** Settles as `job` does. Until then `drain()` waits for it. */
  track<Value>(job: Promise<Value>): Promise<Value> {
    this.#pending.add(job)
    const end = (): unknown => this.#pending.delete(job)
    job.then(end, end)
    return job
  }

  /** Waits for what is on its way now. Each has a deadline. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#pending)
  }

  /** Rejects at the deadline. @param late what is to be done with an answer that comes after all */
  async await(
    answer: Promise<Answer>,
    deadline: number,
    late?: (answer: Answer) => void,
  ): Promise<Answer> {
    const { publisher, now, onThaw } = this.#options
    const askedAt = now()
    this.#unanswered += 1
    const end = (): unknown => (this.#unanswered -= 1)
    answer.then(end, end)
    const inTime = withTimeout(deadline, answer, `No answer from the storage within ${deadline} s`)
    const comeLate = (value: Answer): void => {
      late?.(value)
      // One that is only slow is tried again in its own time.
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
