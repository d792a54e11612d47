/** The time from `init()` until the storage is in use, or has not answered. */
import { withTimeout } from '../internal/timers.js'
import type { Loss } from './loss.js'

export class Joining {
  readonly name = 'joining'
  /** The loss that this may end. Nothing is retried meanwhile. */
  readonly before: Loss | undefined
  readonly #abandoned: Promise<never>
  #reject: (error: Error) => void = () => undefined

  constructor(before: Loss | undefined) {
    before?.abandon()
    this.before = before
    this.#abandoned = new Promise<never>((_resolve, reject) => (this.#reject = reject))
    this.#abandoned.catch(() => undefined)
  }

  /** Settles as `entering` does; rejects at the deadline, and if it is abandoned. */
  end(entering: Promise<void>, deadline: number): Promise<void> {
    const ended = Promise.race([entering, this.#abandoned])
    return withTimeout(deadline, ended, 'it took too long')
  }

  abandon(): void {
    this.#reject(new Error('the breaker was closed'))
  }
}
