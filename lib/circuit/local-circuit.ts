/** The rules of one circuit, fed by this process's own results. The clock is an argument. */
import { NEVER, openedAt, readingOf } from './last-opening.js'
import { openingBy } from './opening/by-terms.js'
import type { Opening } from './opening/opening.js'
import type { FailureRateReading, OpeningCause, OwnWindow } from './opening/terms.js'
import { Probes } from './probes.js'
import type { OpeningFacts } from './ttl.js'
import type { Admission, CircuitState, Machine, Outcome, Permit, Refusal, Rules } from './types.js'
import type { FailureReason, OpeningReading } from './types.js'

/** All circuits that never moved share it: most of them, most of the time. */
const FIRST_PERMIT: Permit = { admitted: true, epoch: 0, grantedAt: 0, probe: false }
const HALF_OPENED: Refusal = { admitted: false, state: 'half-opened', retryAfter: 0 }

export class LocalCircuit implements Machine {
  readonly #rules: Rules
  readonly #now: () => number
  readonly #opening: Opening
  #state: CircuitState = 'closed'
  #opened = NEVER
  #closedAt = 0
  /** Held by every request of a closed epoch: the hot path allocates nothing. */
  #closedPermit = FIRST_PERMIT
  #epoch = 0
  /** Set from the first half-opening on, until the circuit closes. */
  #probes: Probes | undefined

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

  get failureRate(): FailureRateReading | undefined {
    return this.#opening.rateAt?.(this.#now())
  }

  get opening(): OpeningReading | undefined {
    return this.#state === 'closed' ? undefined : readingOf(this.#opened)
  }

  get retryAfter(): number {
    return this.refusalAt(this.#now())?.retryAfter ?? 0
  }

  get isReady(): boolean {
    if (this.#state === 'closed') return true
    const now = this.#now()
    return !this.refusalAt(now) && this.hasFreePermitAt(now)
  }

  get closedPermit(): Permit | undefined {
    return this.#state === 'closed' ? this.#closedPermit : undefined
  }

  admit(): Admission {
    if (this.#state === 'closed') return this.#closedPermit
    const now = this.#now()
    return this.refusalAt(now) ?? this.#grantProbe(now)
  }

  /** The refusal of an opened circuit until its ttl has passed: strictly later, as in the Python original. */
  refusalAt(now: number): Refusal | undefined {
    if (this.#state !== 'opened') return undefined
    // Fake timers may have replaced the clock by one that is behind: the ttl starts anew.
    if (now < this.#opened.at) this.#opened = { ...this.#opened, at: now }
    const { grace = 0 } = this.#rules
    const retryAfter = this.#opened.at + this.#opened.lasts - now
    // Exactly at the end, the request is refused. Just before it, it is not: timers for the end may fire early.
    const isOver = retryAfter < 0 || (retryAfter > 0 && retryAfter < grace)
    return isOver ? undefined : { admitted: false, state: 'opened', retryAfter }
  }

  /** Whether the probes in flight, those of earlier epochs included, leave a permit. */
  hasFreePermitAt(now: number): boolean {
    return !this.#probes || this.#probes.isFreeAt(now)
  }

  /** Gives later requests another permit than those that are under way. */
  renewPermit(now: number): void {
    this.#closedPermit = { ...this.#closedPermit, grantedAt: now }
  }

  record(permit: Permit, outcome: Outcome, _reason?: FailureReason, retryAfter = 0): boolean {
    if (permit.epoch !== this.#epoch) {
      this.#probes?.takeBack(permit)
      return false
    }
    if (permit.probe) return this.#countProbe(this.#probes?.takeBack(permit), outcome, retryAfter)
    if (outcome === 'success') this.#succeed()
    else if (outcome === 'failure') this.#fail(retryAfter)
    return true
  }

  recordSlow(permit: Permit): boolean {
    if (!permit.probe) return this.record(permit, 'failure')
    const isToCount = permit.epoch === this.#epoch && this.#probes?.keep(permit)
    return this.#countProbe(isToCount, 'failure', 0)
  }

  /** Closes the circuit. Earlier counts belong to an epoch that is over. */
  close(): void {
    this.#moveTo('closed')
    this.#closedAt = this.#now()
  }

  /**
   * Opens the circuit as of `since`, a time of this circuit's clock.
   *
   * @param failureRate what is in the window, if its rate opens the circuit
   */
  open(since: number, facts: OpeningFacts = {}, failureRate?: FailureRateReading): void {
    const window = failureRate ?? this.#opening.rateAt?.(this.#now())
    const before = {
      state: this.#state,
      closedAt: this.#closedAt,
      opened: this.#opened,
      rules: this.#rules,
      window,
    }
    this.#opened = openedAt(since, before, facts, failureRate)
    this.#moveTo('opened')
  }

  /** Half-opens because a probe runs elsewhere. */
  halfOpen({ round = this.#opened.round, cause }: OpeningFacts = {}): void {
    const known = this.#state === 'closed' ? undefined : this.#opened.cause
    this.#opened = { ...this.#opened, round, cause: cause ?? known }
    this.#moveTo('half-opened')
  }

  /** The window as a fleet must know it; nothing from the time a probe is due until it has ended. */
  windowAt(now: number): OwnWindow | undefined {
    if (this.#state === 'closed') return this.#opening.rateAt?.(now)
    if (!this.refusalAt(now)) return undefined
    const { at, requests, retryAfter } = this.#opened
    return { requests, failures: requests, openedFor: now - at, retryAfter }
  }

  #countProbe(isToCount: boolean | undefined, outcome: Outcome, retryAfter: number): boolean {
    const probes = this.#probes
    if (!probes || !isToCount) return false
    const to = probes.count(outcome, retryAfter)
    if (to === 'opened') this.open(this.#now(), { retryAfter: probes.retryAfter })
    else if (to) this.close()
    return true
  }

  #succeed(): void {
    if (!this.#opening.needsSuccesses) return
    const now = this.#now()
    this.#openBy(this.#opening.success(now), now, 0)
  }

  #fail(retryAfter: number): void {
    const now = this.#now()
    this.#openBy(this.#opening.failure(now), now, retryAfter)
  }

  #openBy(cause: OpeningCause | undefined, now: number, retryAfter: number): void {
    const window = cause === 'rate' ? this.#opening.rateAt?.(now) : undefined
    if (cause) this.open(now, { retryAfter, cause }, window)
  }

  #moveTo(state: CircuitState): void {
    this.#state = state
    this.#epoch += 1
    if (state === 'closed') this.#probes = undefined
    if (state === 'half-opened') this.#probes = new Probes(this.#rules, this.#epoch, this.#probes)
    this.#opening.reset(state, this.#opened.cause)
    const grantedAt = this.#now()
    this.#closedPermit = { admitted: true, epoch: this.#epoch, grantedAt, probe: false }
  }

  #grantProbe(now: number): Admission {
    if (!this.hasFreePermitAt(now)) return HALF_OPENED
    if (this.#state === 'opened') this.#moveTo('half-opened')
    return this.#probes?.grant(now) ?? HALF_OPENED
  }
}
