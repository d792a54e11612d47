/**
 * The attempts in flight of a circuit that counts slow ones as failures. No timer waits for them: each time the
 * circuit is asked, or gets a result, it counts those whose time is up.
 */
import type { FailureReason, Outcome, Permit } from '../types.js'

export interface SlowRule {
  /** Seconds. */
  readonly slowAfter: number
  /** Monotonic seconds. */
  readonly now: () => number
  /** A time that `now` would not exceed, if that can be known without reading a clock. */
  readonly latest?: () => number
}

export type Count = (
  permit: Permit,
  outcome: Outcome,
  reason: FailureReason | undefined,
  retryAfter: number,
) => void

/** Who counts what. */
export interface SlowCounts {
  /** The end of an attempt. */
  readonly ended: Count
  /** An attempt in flight. Its end follows, as `ignored`. */
  readonly slow: (permit: Permit, reason: FailureReason) => void
}

/** The permit of one attempt alone. */
class Attempt implements Permit {
  /** What the machine gave, perhaps to many attempts. */
  readonly given: Permit
  /** From then on it is slow. */
  readonly due: number
  /** It was slow, and was counted as a failure. */
  isCounted = false
  /** It is in flight, and its time is not watched. */
  isShared = false
  /** The attempts in flight that started just before this one and just after it. */
  older: Attempt | undefined
  newer: Attempt | undefined = undefined

  constructor(given: Permit, due: number, older: Attempt | undefined) {
    this.given = given
    this.due = due
    this.older = older
  }

  get admitted(): true {
    return true
  }

  get epoch(): number {
    return this.given.epoch
  }

  get grantedAt(): number {
    return this.given.grantedAt
  }

  get probe(): boolean {
    return this.given.probe
  }
}

export class AttemptsInFlight {
  readonly #rule: SlowRule
  readonly #counts: SlowCounts
  /** A chain in the order of their start. A set would cost each request several times as much. */
  #oldest: Attempt | undefined
  #newest: Attempt | undefined
  /** The number of shared attempts in flight. */
  #shared = 0

  constructor(rule: SlowRule, counts: SlowCounts) {
    this.#rule = rule
    this.#counts = counts
  }

  get isEmpty(): boolean {
    return this.#oldest === undefined && this.#shared === 0
  }

  /** @returns the permit to record the attempt by */
  start(given: Permit): Permit {
    const due = this.#rule.now() + this.#rule.slowAfter
    const attempt = new Attempt(given, due, this.#newest)
    if (this.#newest) this.#newest.newer = attempt
    else this.#oldest = attempt
    this.#newest = attempt
    return attempt
  }

  /** The attempt may wait for the answer to another one, so only its end shows whether it was slow. */
  share(permit: Permit): void {
    const attempt = permit as Attempt
    if (!this.#remove(attempt)) return
    attempt.isShared = true
    this.#shared += 1
  }

  /** Another guard sends what this attempt was admitted for: its time begins anew, unless it was slow already. */
  restart(permit: Permit): Permit {
    const attempt = permit as Attempt
    if (attempt.isCounted) return attempt
    this.#leave(attempt)
    return this.start(attempt.given)
  }

  /** @returns whether the attempt was slow: it counts as a failure then, and once */
  end(
    permit: Permit,
    outcome: Outcome,
    reason: FailureReason | undefined,
    retryAfter: number,
  ): boolean {
    const attempt = permit as Attempt
    const isOwn = this.#leave(attempt)
    this.countSlow()
    const { given } = attempt
    if (attempt.isCounted) {
      this.#counts.ended(given, 'ignored', undefined, 0)
      return true
    }
    const isSlow = (isOwn || outcome !== 'ignored') && this.#isPast(attempt.due)
    if (isSlow) this.#counts.ended(given, 'failure', { ...reason, slow: true }, retryAfter)
    else this.#counts.ended(given, outcome, reason, retryAfter)
    return isSlow
  }

  countSlow(): void {
    if (!this.#oldest || !this.#isPast(this.#oldest.due)) return
    for (const { given } of this.#takeSlow()) this.#counts.slow(given, { slow: true })
  }

  /** Most attempts end long before they are due: then reading the clock would be most of what they cost. */
  #isPast(due: number): boolean {
    const { latest, now } = this.#rule
    return !(latest && latest() <= due) && now() > due
  }

  /** Marks all of them before any is counted: a listener may ask the circuit at once. */
  #takeSlow(): readonly Attempt[] {
    const now = this.#rule.now()
    const slow: Attempt[] = []
    for (let next = this.#oldest; next && now > next.due; next = this.#oldest) {
      next.isCounted = true
      this.#remove(next)
      slow.push(next)
    }
    return slow
  }

  /** @returns whether its time was watched */
  #leave(attempt: Attempt): boolean {
    if (attempt.isShared) this.#shared -= 1
    attempt.isShared = false
    return this.#remove(attempt)
  }

  /** @returns whether its time was watched */
  #remove(attempt: Attempt): boolean {
    const { older, newer } = attempt
    if (!older && attempt !== this.#oldest) return false
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    attempt.older = undefined
    attempt.newer = undefined
    return true
  }
}
