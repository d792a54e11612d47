/**
 * The permit of a request that goes through whatever the machine says. It stands for the permit of a probe, or
 * for the machine's answer, which may come after the request has ended.
 */
import type { SlowCounts } from './opening/slow.js'
import type { Admission, FailureReason, Outcome, Permit } from './types.js'

/** No machine has this epoch, so none takes a permit of it. */
const NO_EPOCH = -1

/** Of a request that the machine would have refused: its outcome does not count. */
export const UNCOUNTED: Permit = { admitted: true, epoch: NO_EPOCH, grantedAt: 0, probe: false }

type Ended = readonly [outcome: Outcome, reason: FailureReason | undefined, retryAfter: number]

export class StandIn implements Permit {
  readonly admitted = true
  readonly epoch = NO_EPOCH
  readonly grantedAt = 0
  readonly probe = false
  readonly #counts: SlowCounts
  #permit: Permit | undefined
  #slow: FailureReason | undefined
  #ended: Ended | undefined

  /** @param counts gets the machine's own permit, and what came of the request, once both are known */
  constructor(counts: SlowCounts) {
    this.#counts = counts
  }

  /** The machine has answered. */
  answered(admission: Admission): void {
    if (!admission.admitted) return
    this.#permit = admission
    if (this.#slow) this.#counts.slow(admission, this.#slow)
    this.#settle()
  }

  /** The request is counted as slow, and goes on. */
  slow(reason: FailureReason): void {
    this.#slow = reason
    if (this.#permit) this.#counts.slow(this.#permit, reason)
  }

  /** The request has ended. */
  ended(...ended: Ended): void {
    this.#ended = ended
    this.#settle()
  }

  #settle(): void {
    if (this.#permit && this.#ended) this.#counts.ended(this.#permit, ...this.#ended)
  }
}
