/** A time without the storage: what is told of it, and when the storage is looked for again. */
import type { Publisher } from '../circuit/types.js'
import { schedule } from '../internal/timers.js'

const FIRST_RETRY = 0.05
const LAST_RETRY = 2
/** Seconds for which a loss is kept quiet that nothing waits for: idle connections are closed, and come back. */
const GRACE = 1
/** Refusals that waiting does not mend: they are worth telling although a loss has been told. */
const LASTING = /^(?:WRONGPASS|NOAUTH|NOPERM|MISCONF|OOM|DENIED)\b/

export interface LossOptions {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
  /** From here on users know of it. */
  readonly onTold: () => void
  /** Looks for the storage. If it is not there, `retryLater` has it looked for again. */
  readonly onRetry: (loss: Loss) => void
}

export class Loss {
  readonly name = 'lost'
  reason: string
  readonly #options: LossOptions
  readonly #since: number
  /** The reason that was published; undefined while nobody was told. */
  #published: string | undefined
  readonly #cancelGrace: () => void
  #wait = FIRST_RETRY
  #cancelRetry: (() => void) | undefined

  constructor(reason: string, options: LossOptions) {
    this.reason = reason
    this.#options = options
    this.#since = options.now()
    this.#cancelGrace = schedule(GRACE, () => this.tell())
  }

  /** Told once, until it is over; and again if the storage refuses for good. */
  renew(reason: string): void {
    this.reason = reason
    const isNews = this.#published !== undefined && this.#published !== reason
    if (isNews && LASTING.test(reason)) this.#publish()
  }

  tell(): void {
    if (this.#published !== undefined) return
    this.#options.onTold()
    this.#publish()
  }

  /** The storage was found. */
  end(): void {
    this.#pause()
    this.#cancelGrace()
    if (this.#published === undefined) return
    const { publisher, now } = this.#options
    publisher.publish('storageRestored', { lostFor: now() - this.#since })
  }

  /** Nothing more is told of it. */
  abandon(): void {
    this.#pause()
    this.#cancelGrace()
  }

  /** Looks for the storage from anew: soon at first, and then ever more seldom. */
  retrySoon(): void {
    this.#wait = FIRST_RETRY
    this.#retryIn(this.#wait)
  }

  retryLater(): void {
    this.#wait = Math.min(this.#wait * 2, LAST_RETRY)
    if (!this.#cancelRetry) this.#retryIn(this.#wait)
  }

  /** The storage says that it is there: no need to wait for the next try, unless one is under way. */
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
