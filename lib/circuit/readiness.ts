/** Those who wait until a request may be tried, first come, first served. */

/** At least this often, in milliseconds, since a clock for tests advances without an event. */
const PATIENCE = 100

const MS_PER_SECOND = 1000

/** The circuit, as its waiting callers see it. */
export interface Awaited {
  /** Whether the next request would be let through. */
  readonly isReady: boolean
  /** Whether all requests would be, if any. */
  readonly isOpenToAll: boolean
  /** Seconds. */
  readonly retryAfter: number
}

export class Readiness {
  readonly #awaited: Awaited
  readonly #waiting = new Set<() => void>()
  /** A caller was released, and its request has not come yet: the permit is meant for it, until the timer fires. */
  #isTaken = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(awaited: Awaited) {
    this.#awaited = awaited
  }

  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's own reason
      if (signal?.aborted) return reject(signal.reason)
      const giveUp = (): void => {
        this.#waiting.delete(go)
        this.#serve()
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's own reason
        reject(signal?.reason)
      }
      const go = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#waiting.add(go)
      this.#serve()
    })
  }

  /** Something has changed: a permit was taken or given back, or the circuit moved. */
  readonly look = (): void => {
    this.#isTaken = false
    this.#stopTimer()
    if (this.#waiting.size > 0) this.#serve()
  }

  /** Callers that come or go while the timer runs do not put it off. */
  #serve(): void {
    for (const go of this.#waiting) {
      if (!this.#letsGo()) break
      this.#waiting.delete(go)
      go()
    }
    if (this.#waiting.size > 0 || this.#isTaken) this.#timer ??= setTimeout(this.look, this.#pause)
    else this.#stopTimer()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #letsGo(): boolean {
    const { isOpenToAll, isReady } = this.#awaited
    // A circuit that waits for init() is closed, and yet not ready.
    if (!isReady) return false
    if (isOpenToAll) return true
    if (this.#isTaken) return false
    this.#isTaken = true
    this.#stopTimer()
    return true
  }

  /** Never 0, so that the caller that was released has time to send its request. */
  get #pause(): number {
    return Math.min(PATIENCE, this.#awaited.retryAfter * MS_PER_SECOND || PATIENCE)
  }
}
