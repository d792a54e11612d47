/**
 * The probes since the circuit opened: which of them hold permits, and what those of this half-opened epoch have
 * decided. A probe of an earlier epoch decides nothing any more, but holds its permit for as long as it is in flight.
 */
import type { CircuitState, Outcome, Permit, ProbesRule, Rules } from './types.js'

const ONE_PROBE: ProbesRule = { needed: 1, of: 1 }

export class Probes {
  readonly #rules: Rules
  readonly #epoch: number
  #held: readonly Permit[]
  /** Those that were counted while they were in flight. */
  #counted: readonly Permit[] = []
  #successes = 0
  #failures = 0
  #retryAfter = 0

  /** @param before the probes of the epoch before, if the circuit has not closed since */
  constructor(rules: Rules, epoch: number, before?: Probes) {
    this.#rules = rules
    this.#epoch = epoch
    this.#held = before ? before.#held : []
  }

  /** The longest time, in seconds, for which a failed probe was told to leave the service alone. */
  get retryAfter(): number {
    return this.#retryAfter
  }

  isFreeAt(now: number): boolean {
    return this.#heldAt(now).length < this.#rules.permits
  }

  /** Undefined if all permits are held. */
  grant(now: number): Permit | undefined {
    this.#held = this.#heldAt(now)
    if (this.#held.length >= this.#rules.permits) return undefined
    const permit: Permit = { admitted: true, epoch: this.#epoch, grantedAt: now, probe: true }
    this.#held = [...this.#held, permit]
    return permit
  }

  /** A probe is counted, and stays in flight. @returns as `takeBack` */
  keep(permit: Permit): boolean {
    const isToCount = this.#isToCount(permit)
    if (isToCount) this.#counted = [...this.#counted, permit]
    return isToCount
  }

  /** @returns false if the permit has passed to another request, or if its probe was counted before */
  takeBack(permit: Permit): boolean {
    const isToCount = this.#isToCount(permit)
    this.#held = this.#held.filter((probe) => probe !== permit)
    return isToCount
  }

  /** @returns the state that the circuit moves to, as soon as it is certain */
  count(outcome: Outcome, retryAfter: number): CircuitState | undefined {
    const { needed, of } = this.#rules.probes ?? ONE_PROBE
    if (outcome === 'success') this.#successes += 1
    if (outcome === 'failure') {
      this.#failures += 1
      this.#retryAfter = Math.max(this.#retryAfter, retryAfter)
    }
    if (this.#successes >= needed) return 'closed'
    return this.#failures > of - needed ? 'opened' : undefined
  }

  #isToCount(permit: Permit): boolean {
    return this.#held.includes(permit) && !this.#counted.includes(permit)
  }

  /** The absolute difference, because a clock that was set back would keep a permit for too long. */
  #heldAt(now: number): readonly Permit[] {
    const { probeTimeout } = this.#rules
    return this.#held.filter(({ grantedAt }) => Math.abs(now - grantedAt) <= probeTimeout)
  }
}
