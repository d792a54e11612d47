/**
 * The attempts in flight of a circuit that counts slow ones as failures. No timer waits for them:
 * whoever asks the circuit, or reports to it, has those counted whose time is up.
 */
import type { FailureReason, Outcome, Permit } from '../types.js'

export interface SlowRule {
  /** Seconds. */
  readonly slowAfter: number
  /** Monotonic seconds. */
  readonly now: () => number
}

export type Count = (
  permit: Permit,
  outcome: Outcome,
  reason: FailureReason | undefined,
  retryAfter: number,
) => void

/** The permit of one attempt alone. */
interface Attempt extends Permit {
  /** What the machine gave, perhaps to many attempts. */
  readonly given: Permit
  /** From then on it is slow. */
  readonly due: number
  /** It was slow, and was counted as a failure. */
  isCounted: boolean
}

export class AttemptsInFlight {
  readonly #rule: SlowRule
  readonly #count: Count
  /** In the order of their start. */
  readonly #attempts = new Set<Attempt>()
  /** Until then there is nothing to look for: no attempt is slow before. */
  #nextDue = Infinity

  constructor(rule: SlowRule, count: Count) {
    this.#rule = rule
    this.#count = count
  }

  /** @returns the permit to record the attempt by */
  start(given: Permit): Permit {
    const due = this.#rule.now() + this.#rule.slowAfter
    const attempt = { ...given, given, due, isCounted: false }
    this.#attempts.add(attempt)
    this.#nextDue = Math.min(this.#nextDue, due)
    return attempt
  }

  /** The attempt may wait for the answer to another one, so only its end shows whether it was slow. */
  share(permit: Permit): void {
    this.#attempts.delete(permit as Attempt)
  }

  /** Another guard sends what this attempt was admitted for: its time begins anew. */
  restart(permit: Permit): Permit {
    this.share(permit)
    return this.start((permit as Attempt).given)
  }

  /** @returns whether the attempt was slow: it counts as a failure then, and once */
  end(
    permit: Permit,
    outcome: Outcome,
    reason: FailureReason | undefined,
    retryAfter: number,
  ): boolean {
    const attempt = permit as Attempt
    const isOwn = this.#attempts.delete(attempt)
    this.countSlow()
    if (attempt.isCounted) return true
    const isSlow = (isOwn || outcome !== 'ignored') && this.#rule.now() > attempt.due
    if (isSlow) this.#count(attempt.given, 'failure', { ...reason, slow: true }, retryAfter)
    else this.#count(attempt.given, outcome, reason, retryAfter)
    return isSlow
  }

  countSlow(): void {
    const now = this.#rule.now()
    if (now > this.#nextDue)
      for (const { given } of this.#takeSlow(now)) this.#count(given, 'failure', { slow: true }, 0)
  }

  /** All of them, before any is counted: whoever hears of it may ask the circuit at once. */
  #takeSlow(now: number): readonly Attempt[] {
    const slow: Attempt[] = []
    this.#nextDue = Infinity
    for (const attempt of this.#attempts) {
      if (now <= attempt.due) {
        this.#nextDue = attempt.due
        break
      }
      attempt.isCounted = true
      this.#attempts.delete(attempt)
      slow.push(attempt)
    }
    return slow
  }
}
