/**
 * What a process has counted for its rate, as far as it proves anything to the fleet. Failures from before a gap or
 * a loss may be this process's own fault. So a second window begins there, of the requests that were admitted since,
 * and takes the place of the first one until both hold the same.
 */
import type { LocalCircuit } from '../circuit/local-circuit.js'
import { openingBy } from '../circuit/opening/by-terms.js'
import type { Opening } from '../circuit/opening/opening.js'
import type { OwnWindow } from '../circuit/opening/terms.js'
import type { Outcome, Permit, Rules } from '../circuit/types.js'

export class ProvenWindow {
  readonly #local: LocalCircuit
  readonly #rules: Rules
  /** Requests that were admitted before prove nothing. */
  #since = -Infinity
  /** The second window, of this epoch of the local circuit. */
  #second: Opening | undefined
  #epoch: number | undefined
  /** Requests in the second window, if its last result would have opened the circuit as well. */
  #opening: number | undefined

  constructor(local: LocalCircuit, rules: Rules) {
    this.#local = local
    this.#rules = rules
  }

  distrust(since: number): void {
    this.#since = since
    this.#begin()
  }

  /** Call this before the local circuit records the result. */
  note({ epoch, grantedAt }: Permit, outcome: Outcome, now: () => number): void {
    const isProof = grantedAt >= this.#since
    if (outcome === 'ignored' || (isProof && !this.#second)) return
    // The local circuit counts nothing of an epoch that is over.
    if (epoch !== this.#local.closedPermit?.epoch) return
    if (isProof) this.#count(outcome, now())
    // The first window counts it. If the second one begins after it, equal numbers mean the same results.
    else this.#begin()
  }

  /** Undefined if nothing may be reported now. */
  at(now: number): OwnWindow | undefined {
    const first = this.#local.windowAt(now)
    const second = this.#secondAt(now)
    if (!first || !second) return first
    const { requests, failures } = second
    if (first.openedFor !== undefined) {
      const opening = this.#opening
      return opening === undefined ? undefined : { ...first, requests: opening, failures: opening }
    }
    if (first.requests === requests) this.#second = undefined
    return { requests, failures }
  }

  #count(outcome: Outcome, now: number): void {
    if (!this.#second) return
    const cause = outcome === 'failure' ? this.#second.failure(now) : this.#second.success(now)
    this.#opening = cause && this.#second.rateAt?.(now).requests
  }

  #secondAt(now: number): { readonly requests: number; readonly failures: number } | undefined {
    const epoch = this.#local.closedPermit?.epoch
    // A new epoch begins with an empty window, and later than the gap.
    if (epoch !== undefined && epoch !== this.#epoch) this.#second = undefined
    return this.#second?.rateAt?.(now)
  }

  #begin(): void {
    if (!this.#rules.failureRate) return
    this.#second = openingBy(this.#rules)
    this.#epoch = this.#local.closedPermit?.epoch
    this.#opening = undefined
  }
}
