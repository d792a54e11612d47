/** Computes the failure rate from the list of all results, to check the windows. */
import type { FailureRateReading, FailureRateTerms } from '../../../lib/circuit/opening/terms.js'

interface Result {
  readonly isFailure: boolean
  /** Whole milliseconds. */
  readonly at: number
}

export class RateModel {
  readonly #terms: FailureRateTerms
  #results: Result[] = []
  #last = -Infinity

  /** @param terms with a window of whole hundredths of a second, or of requests */
  constructor(terms: FailureRateTerms) {
    this.#terms = terms
  }

  /** @returns whether the circuit is to open */
  count(isFailure: boolean, at: number): boolean {
    this.#look(at)
    this.#results.push({ isFailure, at })
    const { requests, rate } = this.read(at)
    return requests >= this.#terms.minimumRequests && rate >= this.#terms.threshold
  }

  read(now: number): FailureRateReading {
    this.#look(now)
    const latest = this.#latest(now)
    const requests = latest.length
    const failures = latest.filter(({ isFailure }) => isFailure).length
    return { requests, failures, rate: requests === 0 ? 0 : failures / requests }
  }

  reset(): void {
    this.#results = []
  }

  /** If the clock was set back, nothing shows how old the results are. */
  #look(now: number): void {
    const isInTime = typeof this.#terms.window === 'number'
    if (isInTime && this.#tenthOf(now) < this.#tenthOf(this.#last)) this.#results = []
    this.#last = now
  }

  #latest(now: number): readonly Result[] {
    const { window } = this.#terms
    if (typeof window !== 'number') return this.#results.slice(-window.requests)
    // The tenth of the window that is not over yet, and the nine before it.
    const first = this.#tenthOf(now) - 9
    const older = this.#results.findLastIndex(({ at }) => this.#tenthOf(at) < first)
    return this.#results.slice(older + 1)
  }

  #tenthOf(at: number): number {
    return Math.floor(at / Math.round(Number(this.#terms.window) * 100))
  }
}
