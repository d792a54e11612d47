/**
 * The permit of a request that goes through whatever the machine says. It stands for the permit of a probe, or
 * for the machine's answer, which may come after the request has ended.
 */
import type { Count } from './opening/slow.js'
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
  readonly #count: Count
  #permit: Permit | undefined
  #ended: Ended | undefined

  /** @param count gets the machine's own permit, and the outcome, once both are known */
  constructor(count: Count) {
    this.#count = count
  }

  /** The machine has answered. */
  answered(admission: Admission): void {
    if (admission.admitted) this.#permit = admission
    this.#settle()
  }

  /** The request has ended. */
  ended(...ended: Ended): void {
    this.#ended = ended
    this.#settle()
  }

  #settle(): void {
    if (this.#permit && this.#ended) this.#count(this.#permit, ...this.#ended)
  }
}
