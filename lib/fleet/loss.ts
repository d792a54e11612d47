/** A time without the storage: when to publish the loss, and when to look for the storage again. */
import type { Publisher } from '../circuit/events.js'
import { schedule } from '../internal/timers.js'

const FIRST_RETRY = 0.05
const LAST_RETRY = 2
/** The largest part by which the last retries come early: the processes of a fleet do not all come at once. */
const JITTER = 0.5
/** Seconds before a loss is published that nobody waits for: idle connections are closed, and come back. */
const GRACE = 1
/** Refusals that waiting does not cure. They are published even if the loss was published before. */
const LASTING = /^(?:WRONGPASS|NOAUTH|NOPERM|MISCONF|OOM|DENIED)\b/

export interface LossOptions {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
  /** Called just before the loss is published. */
  readonly onPublish: () => void
  /** Looks for the storage. If it does not find it, it calls `retryLater`. */
  readonly onRetry: (loss: Loss) => void
}

export class Loss {
  readonly name = 'lost'
  reason: string
  readonly #options: LossOptions
  readonly #since: number
  /** The reason that was published; undefined before that. */
  #published: string | undefined
  readonly #cancelGrace: () => void
  #wait = FIRST_RETRY
  #cancelRetry: (() => void) | undefined

  constructor(reason: string, options: LossOptions) {
    this.reason = reason
    this.#options = options
    this.#since = options.now()
    this.#cancelGrace = schedule(GRACE, () => this.publishOnce())
  }

  /** Takes a new reason. A loss is published once, and again only if the storage refuses for good. */
  renew(reason: string): void {
    this.reason = reason
    const isNews = this.#published !== undefined && this.#published !== reason
    if (isNews && LASTING.test(reason)) this.#publish()
  }

  publishOnce(): void {
    if (this.#published !== undefined) return
    this.#options.onPublish()
    this.#publish()
  }

  /** Call this once the storage is found. */
  end(): void {
    this.#pause()
    this.#cancelGrace()
    if (this.#published === undefined) return
    const { publisher, now } = this.#options
    publisher.publish('storageRestored', { lostFor: now() - this.#since })
  }

  /** Ends all timers, and publishes nothing more. */
  abandon(): void {
    this.#pause()
    this.#cancelGrace()
  }

  /** Starts the retries anew: soon at first, and then less and less often. */
  retrySoon(): void {
    this.#wait = FIRST_RETRY
    this.#retryIn(this.#wait)
  }

  retryLater(): void {
    this.#wait = Math.min(this.#wait * 2, LAST_RETRY)
    const early = this.#wait < LAST_RETRY ? 0 : JITTER * Math.random()
    if (!this.#cancelRetry) this.#retryIn(this.#wait * (1 - early))
  }

  /** Retries at once, unless a retry is under way: the storage has reported that it is there. */
  retryNow(): void {
    if (!this.#cancelRetry) return
    this.#pause()
    this.#options.onRetry(this)
  }

  #pause(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  #retryIn(seconds: number): void {
    this.#pause()
    this.#cancelRetry = schedule(seconds, () => {
      this.#cancelRetry = undefined
      this.#options.onRetry(this)
    })
  }

  #publish(): void {
    this.#cancelGrace()
    this.#published = this.reason
    this.#options.publisher.publish('storageLost', { reason: this.reason })
  }
}
