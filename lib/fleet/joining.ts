/** The time from `init()` until all circuits are read or the deadline is over. */
import { withTimeout } from '../internal/timers.js'
import type { Loss } from './loss.js'

export class Joining {
  readonly name = 'joining'
  /** The loss that this may end. It retries nothing in the meantime. */
  readonly before: Loss | undefined
  readonly #abandoned: Promise<never>
  #reject: (error: Error) => void = () => undefined
  #isAbandoned = false

  constructor(before: Loss | undefined) {
    before?.abandon()
    this.before = before
    this.#abandoned = new Promise<never>((_resolve, reject) => (this.#reject = reject))
    this.#abandoned.catch(() => undefined)
  }

  /** Whether the link was closed since. It may be joining anew, or be up again, by now. */
  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  /** Settles as `entering` does; rejects at the deadline, and after `abandon()`. */
  end(entering: Promise<void>, deadline: number): Promise<void> {
    const ended = Promise.race([entering, this.#abandoned])
    return withTimeout(deadline, ended, 'it did not answer in time')
  }

  /** What a caller of `init()` gets if it ends before all circuits are read. */
  errorOf(reason: string, deadline: number, cause: unknown): Error {
    const what = this.#isAbandoned
      ? 'init() has ended'
      : `Could not reach the storage within ${deadline} s`
    return new Error(`${what}: ${reason}`, { cause })
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#reject(new Error('breaker.close() was called'))
  }
}
