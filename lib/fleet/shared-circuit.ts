/**
 * A circuit of the whole fleet: the local circuit, which works by itself, under what the storage knows.
 * A transition that is shared is made by the local circuit too, so that there is nothing to merge when
 * the storage goes, and one set of rules to read.
 */
import { LocalCircuit } from '../circuit/local-circuit.js'
import type { Admission, CircuitState, FailureReason, Machine } from '../circuit/types.js'
import type { Outcome, Permit, Rules, Unready } from '../circuit/types.js'
import { warnOnce } from '../internal/warnings.js'
import { quote } from '../internal/quote.js'
import { askFor, type Ask, type Channel } from './channel.js'
import { deliverBy } from './delivery.js'
import { Evidence } from './evidence.js'
import { proofLife } from '../storage/limits.js'
import type { Member } from '../breaker/membership.js'
import { Probes } from './probes.js'
import type { Readable } from './readings.js'
import { messageOf } from '../internal/errors.js'
import { SharedView } from './shared-view.js'
import type { Answer, Snapshot } from '../storage/contract.js'

const UNREADY: Unready = { admitted: false, state: 'not-initialized' }

export class SharedCircuit implements Machine, Readable {
  readonly name: string
  readonly #channel: Channel
  readonly #local: LocalCircuit
  readonly #view: SharedView
  readonly #evidence: Evidence
  readonly #probes: Probes
  readonly #ask: Ask
  /** The storage has not been read since it was lost, or does not answer about this circuit. */
  #isLocal = true
  /** A loss was told, or the process did not run: requests of before are no evidence for the fleet. */
  #isDistrusted = false
  #trustedSince = 0

  constructor(member: Member, rules: Rules, channel: Channel) {
    this.name = member.name
    this.#channel = channel
    this.#isLocal = !channel.isUp
    this.#local = new LocalCircuit(rules, channel.now)
    const isUp = (): boolean => this.#isUp
    this.#view = new SharedView({
      local: this.#local,
      now: channel.now,
      isUp,
      onEpoch: () => this.#evidence.clear(),
      onOutage: () => channel.watch(),
      onMove: (origin) => member.moved(origin),
    })
    this.#ask = askFor(this.name, rules, channel, () => this.#view.known, this.beAlone)
    const shared = { ask: this.#ask, channel, local: this.#local, view: this.#view, isUp }
    this.#probes = new Probes(shared, rules, () => this.#evidence.report())
    this.#evidence = this.#evidenceOf(rules)
  }

  get decidedState(): CircuitState {
    return this.#local.decidedState
  }

  get state(): CircuitState {
    return this.#local.state
  }

  get retryAfter(): number {
    return this.#local.retryAfter
  }

  /** In a closed circuit the fleet's count, where this process saw nothing to the contrary since. */
  get failureCount(): number {
    const { failureCount, decidedState } = this.#local
    if (decidedState !== 'closed' || !this.#isUp) return failureCount
    return Math.max(failureCount, this.#view.failureCount)
  }

  /** Whether it is closed for the fleet, as far as the storage says. */
  get isSettled(): boolean {
    return this.#view.isClosed && !this.#isLocal
  }

  admit(): Admission | Promise<Admission> {
    const { isInitialized, now } = this.#channel
    if (!isInitialized) return UNREADY
    if (this.#isUp && this.#view.isClosed) return this.#local.admit()
    // By one reading of the clock: between two the ttl may end, and a probe go without a permit.
    const refusal = this.#local.refusalAt(now())
    if (refusal) return refusal
    return this.#isUp ? this.#probes.admit() : this.#admitAlone()
  }

  get isReady(): boolean {
    if (!this.#isUp || this.#view.isClosed) return this.#local.isReady
    return !this.#local.refusalAt(this.#channel.now()) && this.#probes.isFree
  }

  get lastFailure(): FailureReason | undefined {
    return this.#view.lastFailure
  }

  record(permit: Permit, outcome: Outcome, reason?: FailureReason): boolean {
    if (outcome === 'failure' || permit.probe) this.#channel.checkPulse()
    if (this.#probes.has(permit)) return this.#probes.settle(permit, outcome, reason)
    if (!this.#local.record(permit, outcome)) return false
    this.#view.overrule(outcome)
    // Overcome alone: what opens it from here on is this process's own, and no outage of the fleet.
    if (!this.#isUp && this.#local.decidedState === 'closed') this.#view.presume('closed')
    if (permit.grantedAt >= this.#trustedSince) this.#evidence.note(outcome, reason)
    return true
  }

  release(): void {
    this.#evidence.forget()
    this.#channel.leave(this)
  }

  /** Reports what was seen by now, without waiting for the next result. */
  readonly report = (): void => this.#evidence.reportNow()

  readonly flush = (): Promise<void> => this.#evidence.flush()

  /** What the storage tells by itself. */
  pushed(snapshot: Snapshot, process: string): void {
    this.#view.adopt(snapshot, process === this.#channel.process ? 'local' : 'shared')
  }

  read(deadline: number): Promise<Answer> {
    return this.#ask({ op: 'read' }, deadline)
  }

  readFrom(answer: Answer, askedAt: number): void {
    if (this.#isLocal) this.#rejoin(answer, askedAt)
    else this.#view.adopt(answer, 'shared', askedAt)
  }

  /** The process goes by its own results from here on. */
  goLocal(): void {
    this.#isLocal = true
  }

  readonly beAlone = (error: unknown): void => {
    this.#isLocal = true
    this.#channel.watch()
    warnOnce(this, 'sharing', `Circuit ${quote(this.name)} is not shared: ${messageOf(error)}`)
  }

  /** What was seen until now, and what is under way, is no evidence for the fleet. */
  distrust(): void {
    this.#isDistrusted = !this.#isUp
    this.#evidence.forget()
    this.#probes.distrust()
    this.#trustAgain()
  }

  #evidenceOf({ threshold, ttl }: Rules): Evidence {
    return new Evidence({
      threshold,
      life: proofLife(ttl),
      now: this.#channel.now,
      maySend: () => this.#isUp && !this.#probes.isSettling,
      send: deliverBy(this.#ask, this.#view, this.#channel),
    })
  }

  get #isUp(): boolean {
    return this.#channel.isUp && !this.#isLocal
  }

  #admitAlone(): Admission {
    const admission = this.#local.admit()
    if (admission.admitted && admission.probe) this.#channel.miss()
    return admission
  }

  /** Goes by the fleet again. What was seen alone is merged into nothing. */
  #rejoin(answer: Answer, askedAt: number): void {
    this.#isLocal = false
    if (this.#isDistrusted) {
      this.#evidence.forget()
      this.#trustAgain()
    }
    this.#isDistrusted = false
    this.#view.rejoin(answer, askedAt)
    this.#probes.rejoin()
    this.#evidence.report()
  }

  #trustAgain(): void {
    this.#trustedSince = this.#channel.now()
    this.#local.renewPermit(this.#trustedSince)
  }
}
