/**
 * Opens if too large a part of the latest requests failed, or by the streak, whichever comes first.
 * Refused and ignored requests are not among them.
 */
import type { CircuitState } from '../types.js'
import type { Opening } from './opening.js'
import { Streak } from './streak.js'
import type { FailureRateReading, FailureRateTerms, OpeningCause } from './terms.js'

const BUCKETS = 10
/** One number holds the requests of a bucket and, times this, its failures: ten buckets take 80 bytes. */
const FAILURE = 2 ** 26
const BITS = 32

abstract class FailureRate extends Streak implements Opening {
  protected requests = 0
  protected failures = 0
  /** Made with the first result: many circuits may have none for long. */
  protected kept: number[] | undefined
  protected readonly terms: FailureRateTerms

  constructor(threshold: number, terms: FailureRateTerms) {
    super(threshold)
    this.terms = terms
  }

  override get needsSuccesses(): boolean {
    return true
  }

  /** May open the circuit: it may complete the minimum, or older successes may have left the window. */
  override success(now: number): OpeningCause | undefined {
    super.success(now)
    return this.#count(false, now)
  }

  override failure(now: number): OpeningCause | undefined {
    const cause = super.failure(now)
    // If both open it, the rate says more: the threshold of the streak is usually just the default.
    return this.#count(true, now) ?? cause
  }

  rateAt(now: number): FailureRateReading {
    this.forget(now)
    const { requests, failures } = this
    return { requests, failures, rate: requests > 0 ? failures / requests : 0 }
  }

  override reset(state: CircuitState, cause?: OpeningCause): void {
    super.reset(state, cause)
    this.clear()
  }

  protected clear(): void {
    this.requests = 0
    this.failures = 0
    this.kept = undefined
  }

  #count(isFailure: boolean, now: number): OpeningCause | undefined {
    this.forget(now)
    this.keep(isFailure)
    this.requests += 1
    if (isFailure) this.failures += 1
    const { minimumRequests, threshold } = this.terms
    // Not a product: 55 of 100 are 0.55, but 0.55 times 100 is more than 55.
    const isRate = this.requests >= minimumRequests && this.failures / this.requests >= threshold
    return isRate ? 'rate' : undefined
  }

  /** Drops what has become too old. */
  protected abstract forget(now: number): void
  /** Keeps one more result. It replaces the oldest one if the window is full. */
  protected abstract keep(isFailure: boolean): void
}

/**
 * Ten buckets, each for a tenth of the window, so that it reaches back for nine tenths at the least. The
 * clock's time, in tenths, numbers the buckets, and each touch empties those whose time has come again,
 * however long ago the last touch was.
 */
export class RateOfLatestTime extends FailureRate {
  /** The tenth that was touched last. */
  #newest = 0

  protected override forget(now: number): void {
    const newest = Math.floor((now * BUCKETS) / (this.terms.window as number))
    const passed = newest - this.#newest
    if (passed === 0) return
    // A clock that has replaced another may be behind: nothing shows how old the results are.
    if (passed < 0 || passed >= BUCKETS) this.clear()
    // Counts the steps: a clock that shows a huge number has tenths to which adding 1 changes nothing.
    for (let step = 1; this.kept && step <= passed; step += 1) {
      const index = indexOf(this.#newest + step)
      const bucket = this.kept[index] ?? 0
      const failures = Math.floor(bucket / FAILURE)
      this.failures -= failures
      this.requests -= bucket - failures * FAILURE
      this.kept[index] = 0
    }
    this.#newest = newest
  }

  protected override keep(isFailure: boolean): void {
    const buckets = (this.kept ??= zeros(BUCKETS))
    const index = indexOf(this.#newest)
    buckets[index] = (buckets[index] ?? 0) + (isFailure ? FAILURE + 1 : 1)
  }
}

/** Not below 0, since a clock may begin anywhere. */
function indexOf(tenth: number): number {
  return tenth - Math.floor(tenth / BUCKETS) * BUCKETS
}

/** A ring with a bit for each request: 1 if it failed. A request counts until later ones fill the ring. */
export class RateOfLatestRequests extends FailureRate {
  #next = 0

  protected override forget(): void {}

  protected override keep(isFailure: boolean): void {
    const { requests: size } = this.terms.window as { readonly requests: number }
    const words = (this.kept ??= zeros(Math.ceil(size / BITS)))
    const index = Math.floor(this.#next / BITS)
    const word = words[index] ?? 0
    const bit = 1 << (this.#next % BITS)
    if (this.requests === size) {
      this.requests -= 1
      if ((word & bit) !== 0) this.failures -= 1
    }
    words[index] = isFailure ? word | bit : word & ~bit
    this.#next = (this.#next + 1) % size
  }

  protected override clear(): void {
    super.clear()
    this.#next = 0
  }
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0)
}
