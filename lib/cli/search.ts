/**
 * Finds circuits from time to time, in the background: in a large database that takes long, and no change must
 * wait for it.
 */
import { monotonic } from '../internal/clock.js'
import { messageOf } from '../internal/errors.js'
import { RedisError } from './connect.js'
import type { Session } from './session.js'
import { namesIn, type Names } from './survey.js'

/** A search that took a second is not repeated for ten, so that it is a small part of what Redis does. */
const REST_PER_SECOND = 10

export class Search {
  readonly #session: Session
  readonly #onEnd: (found: Names) => void
  #isRunning = false
  #dueAt = 0
  #problem: Error | undefined

  /** @param onEnd called when a search in the background has succeeded */
  constructor(session: Session, onEnd: (found: Names) => void) {
    this.#session = session
    this.#onEnd = onEnd
  }

  /** Searches now. */
  async find(): Promise<Names> {
    const start = monotonic()
    const found = await namesIn(this.#session)
    this.#dueAt = monotonic() + (monotonic() - start) * REST_PER_SECOND
    return found
  }

  /** Starts a search in the background, unless one runs or the last has just ended. */
  start(): void {
    if (this.#isRunning || monotonic() < this.#dueAt) return
    this.#isRunning = true
    void this.#run()
  }

  /** The next search need not wait: a message may have been lost. */
  hurry(): void {
    this.#dueAt = 0
  }

  /** @throws the reason if the last search in the background failed */
  check(): void {
    if (this.#problem) throw this.#problem
  }

  async #run(): Promise<void> {
    try {
      const found = await this.find()
      this.#problem = undefined
      this.#onEnd(found)
    } catch (error) {
      // If the connection is lost, whoever reads the circuits finds out. It may be back in a moment.
      if (this.#session.isUp) this.#problem = new RedisError(messageOf(error))
    } finally {
      this.#isRunning = false
    }
  }
}
