/** The one way to the storage: knows whether it answers, and finds its way back when it does not. */
import type { Publisher } from '../circuit/types.js'
import { reasonOf } from './reason.js'
import type { Answer, Connection, Question } from './storage.js'
import { later, within } from './timers.js'

const FIRST_RETRY = 0.05
const LAST_RETRY = 2
/** One that hangs is not asked for ever: what it was asked would pile up in memory. */
const MOST_UNANSWERED = 10

interface LinkOptions {
  readonly publisher: Publisher
  readonly now: () => number
  /** Reads all circuits and takes the answers over. Rejects where the storage does not answer. */
  readonly rejoin: () => Promise<void>
}

export class Link {
  readonly #options: LinkOptions
  #connection: Connection | undefined
  #isUp = false
  #lostAt: number | undefined
  #cancelRetry: (() => void) | undefined
  #isRejoining = false
  /** Questions that the storage has not answered yet, given up or not. */
  #unanswered = 0
  /** Those that are not given up. */
  readonly #pending = new Set<Promise<unknown>>()

  constructor(options: LinkOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    return this.#isUp
  }

  use(connection: Connection): void {
    this.#connection = connection
  }

  /**
   * Asks, and rejects at the deadline: from then on, as after any other error, the storage is lost.
   *
   * @param late what is to be done with an answer that comes after all
   */
  ask(question: Question, deadline: number, late?: (answer: Answer) => void): Promise<Answer> {
    const answer = this.#ask(question, deadline, late)
    this.#pending.add(answer)
    const end = (): unknown => this.#pending.delete(answer)
    answer.then(end, end)
    return answer
  }

  async drain(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
  }

  /** Told once, until it is found again. */
  lose(reason: string): void {
    if (!this.#connection) return
    const isNews = this.#lostAt === undefined
    this.#isUp = false
    if (isNews) {
      this.#lostAt = this.#options.now()
      this.#options.publisher.publish('storageLost', { reason })
    }
    if (!this.#cancelRetry && !this.#isRejoining) this.#retryIn(FIRST_RETRY)
  }

  /** The storage says that it is there: no need to wait for the next try. */
  retryNow(): void {
    if (this.#lostAt === undefined || this.#isRejoining) return
    this.#cancelRetry?.()
    void this.#retry(FIRST_RETRY)
  }

  restore(): void {
    // Closed while it was being looked for.
    if (!this.#connection) return
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#isUp = true
    if (this.#lostAt === undefined) return
    const lostFor = this.#options.now() - this.#lostAt
    this.#lostAt = undefined
    this.#options.publisher.publish('storageRestored', { lostFor })
  }

  /** From here on there is nothing to ask, and nothing to be told. */
  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    this.#isUp = false
    this.#lostAt = undefined
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    await connection?.close()
  }

  async #ask(
    question: Question,
    deadline: number,
    late?: (answer: Answer) => void,
  ): Promise<Answer> {
    const connection = this.#connection
    try {
      if (!connection?.isUp) throw new Error('The storage is not connected')
      return await this.#await(connection.ask(question), deadline, late)
    } catch (error) {
      if (connection === this.#connection) this.lose(reasonOf(error))
      throw error
    }
  }

  async #await(
    answer: Promise<Answer>,
    deadline: number,
    late?: (answer: Answer) => void,
  ): Promise<Answer> {
    const { publisher, now } = this.#options
    const askedAt = now()
    this.#unanswered += 1
    const end = (): unknown => (this.#unanswered -= 1)
    answer.then(end, end)
    const inTime = within(deadline, answer, `No answer from the storage within ${deadline} s`)
    const comeLate = (value: Answer): void => {
      late?.(value)
      // It hung, and does so no more. One that is only slow is tried again in its own time.
      if (now() - askedAt > LAST_RETRY) this.retryNow()
    }
    inTime.catch(() => answer.then(comeLate, () => undefined))
    try {
      return await inTime
    } finally {
      publisher.publish('storageAnswered', { duration: now() - askedAt })
    }
  }

  #retryIn(seconds: number): void {
    this.#cancelRetry = later(seconds, () => void this.#retry(seconds))
  }

  async #retry(waited: number): Promise<void> {
    this.#cancelRetry = undefined
    this.#isRejoining = true
    try {
      const isBuried = this.#unanswered > MOST_UNANSWERED
      if (!this.#connection?.isUp || isBuried) throw new Error('Not yet')
      await this.#options.rejoin()
    } catch {
      if (this.#connection) this.#retryIn(Math.min(waited * 2, LAST_RETRY))
    } finally {
      this.#isRejoining = false
    }
    // Found, and lost again before this was at its end.
    if (this.#lostAt !== undefined && !this.#cancelRetry) this.#retryIn(FIRST_RETRY)
  }
}
