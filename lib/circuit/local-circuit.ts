/** The rules of one circuit, fed by this process's own results. The clock is an argument. */
import { openingBy } from './opening/by-terms.js'
import type { Opening } from './opening/opening.js'
import type { Admission, CircuitState, Machine, Outcome, Permit, Refusal, Rules } from './types.js'

/** All circuits that never moved share it: most of them, most of the time. */
const FIRST_PERMIT: Permit = { admitted: true, epoch: 0, grantedAt: 0, probe: false }
const NO_PROBES: readonly Permit[] = []

export class LocalCircuit implements Machine {
  readonly #rules: Rules
  readonly #now: () => number
  readonly #opening: Opening
  #state: CircuitState = 'closed'
  #openedAt = 0
  /** Held by every request of a closed epoch: the hot path allocates nothing. */
  #closedPermit = FIRST_PERMIT
  #epoch = 0
  #probes = NO_PROBES

  /**
   * @param now seconds of a monotonic clock
   * @param opening when the circuit opens; new, and asked by nobody else
   */
  constructor(rules: Rules, now: () => number, opening = openingBy(rules)) {
    this.#rules = rules
    this.#now = now
    this.#opening = opening
  }

  get decidedState(): CircuitState {
    return this.#state
  }

  get state(): CircuitState {
    const isDue = this.#state === 'opened' && !this.refusalAt(this.#now())
    return isDue ? 'half-opened' : this.#state
  }

  get failureCount(): number {
    return this.#opening.failureCount
  }

  get retryAfter(): number {
    return this.refusalAt(this.#now())?.retryAfter ?? 0
  }

  get isReady(): boolean {
    if (this.#state === 'half-opened') return this.#held(this.#now()).length < this.#rules.permits
    return this.#state === 'closed' || !this.refusalAt(this.#now())
  }

  admit(): Admission {
    if (this.#state === 'closed') return this.#closedPermit
    const now = this.#now()
    return this.refusalAt(now) ?? this.#grantProbe(now)
  }

  /** The refusal of an opened circuit until its ttl has passed: strictly later, as in the Python original. */
  refusalAt(now: number): Refusal | undefined {
    if (this.#state !== 'opened') return undefined
    // A clock that another was put in place of, as fake timers do, may be behind: the ttl starts anew.
    if (now < this.#openedAt) this.#openedAt = now
    const { ttl, grace = 0 } = this.#rules
    const retryAfter = this.#openedAt + ttl - now
    // At the very end it is refused, but not just before it: there timers fire that waited for the end.
    const isOver = retryAfter < 0 || (retryAfter > 0 && retryAfter < grace)
    return isOver ? undefined : { admitted: false, state: 'opened', retryAfter }
  }

  /** Gives later requests another permit than those that are under way. */
  renewPermit(now: number): void {
    this.#closedPermit = { ...this.#closedPermit, grantedAt: now }
  }

  record(permit: Permit, outcome: Outcome): boolean {
    if (permit.epoch !== this.#epoch) return false
    if (this.#state === 'half-opened' && !this.#takeBack(permit)) return false
    if (outcome === 'success') this.#succeed()
    else if (outcome === 'failure') this.#fail()
    return true
  }

  /** Closes the circuit. Earlier counts belong to an epoch that is over. */
  close(): void {
    this.#moveTo('closed')
  }

  /** Opens: `since` then, by the clock of this circuit. */
  open(since: number): void {
    this.#openedAt = since
    this.#moveTo('opened')
  }

  /** Half-opens because a probe runs elsewhere. */
  halfOpen(): void {
    this.#moveTo('half-opened')
  }

  #succeed(): void {
    if (this.#state === 'half-opened') return this.#moveTo('closed')
    if (!this.#opening.needsSuccesses) return
    const now = this.#now()
    if (this.#opening.success(now)) this.open(now)
  }

  #fail(): void {
    const now = this.#now()
    if (this.#state !== 'closed' || this.#opening.failure(now)) this.open(now)
  }

  #moveTo(state: CircuitState): void {
    this.#state = state
    this.#epoch += 1
    this.#probes = NO_PROBES
    this.#opening.reset(state)
    this.#closedPermit = {
      admitted: true,
      epoch: this.#epoch,
      grantedAt: this.#now(),
      probe: false,
    }
  }

  #grantProbe(now: number): Admission {
    if (this.#state === 'opened') this.#moveTo('half-opened')
    this.#probes = this.#held(now)
    if (this.#probes.length >= this.#rules.permits) {
      return { admitted: false, state: 'half-opened', retryAfter: 0 }
    }
    const permit: Permit = { admitted: true, epoch: this.#epoch, grantedAt: now, probe: true }
    this.#probes = [...this.#probes, permit]
    return permit
  }

  /** Absolute, as the clock may have been set back: a probe of its future would hold on for too long. */
  #held(now: number): readonly Permit[] {
    const { probeTimeout } = this.#rules
    return this.#probes.filter(({ grantedAt }) => Math.abs(now - grantedAt) <= probeTimeout)
  }

  #takeBack(permit: Permit): boolean {
    if (!this.#probes.includes(permit)) return false
    this.#probes = this.#probes.filter((probe) => probe !== permit)
    return true
  }
}
