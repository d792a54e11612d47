/**
 * A circuit of the whole fleet: a local circuit, which can work alone, guided by the storage. The local
 * circuit follows each shared transition, so that there is nothing to merge if the storage is lost, and only
 * one set of rules.
 */
import { LocalCircuit } from '../circuit/local-circuit.js'
import type { FailureRateReading } from '../circuit/opening/terms.js'
import type { Admission, CircuitState, FailureReason, Machine } from '../circuit/types.js'
import type { OpeningReading, Origin, Outcome, Permit, Unready } from '../circuit/types.js'
import type { Snapshot } from '../storage/contract.js'
import { HALF_OPENED } from './flow/probing.js'
import { begin } from './flow/state.js'
import { isClosed, isHeld, isOutdated, known } from './flow/view.js'
import type { Readable } from './readings.js'
import { Recorder } from './recorder.js'
import { Runner } from './runner.js'
import { askerOf, settingsOf, type SharedCircuitOptions } from './shared-circuit-options.js'
import { warnUnshared } from './unshared.js'

const UNREADY: Unready = { admitted: false, state: 'not-initialized' }

export class SharedCircuit implements Machine, Readable {
  readonly name: string
  readonly #options: SharedCircuitOptions
  readonly #local: LocalCircuit
  readonly #runner: Runner
  readonly #recorder: Recorder
  #publish: (origin: Origin) => void = () => undefined

  constructor(name: string, options: SharedCircuitOptions) {
    const { rules, sharing, now, isInitialized, isUp, ask, watch, checkPulse } = options
    this.name = name
    this.#options = options
    this.#local = new LocalCircuit(rules, now)
    this.#runner = new Runner(
      {
        local: this.#local,
        rules,
        now,
        who: askerOf(name, options),
        ask,
        watch,
        checkPulse,
        publish: (origin) => this.#publish(origin),
        onUnusable: (error) => warnUnshared(this, error),
      },
      begin(settingsOf(rules, sharing), isInitialized, !isUp),
    )
    this.#recorder = new Recorder({ local: this.#local, runner: this.#runner, now, checkPulse })
  }

  get decidedState(): CircuitState {
    return this.#local.decidedState
  }

  get state(): CircuitState {
    return this.#local.state
  }

  get opening(): OpeningReading | undefined {
    return this.#local.opening
  }

  get retryAfter(): number {
    return this.#local.retryAfter
  }

  /** In a closed circuit, the fleet's count, unless this process has seen a success since. */
  get failureCount(): number {
    const { failureCount, decidedState } = this.#local
    const { isAlone, view } = this.#runner.state
    if (decidedState !== 'closed' || isAlone) return failureCount
    return Math.max(failureCount, view.snapshot.failureCount)
  }

  get lastFailure(): FailureReason | undefined {
    return this.#runner.state.view.lastFailure
  }

  get isReady(): boolean {
    const { state } = this.#runner
    if (state.isAlone || isClosed(state)) return this.#local.isReady
    const now = this.#options.now()
    if (isHeld(state, now)) return false
    return !this.#local.refusalAt(now) && this.#local.hasFreePermitAt(now)
  }

  get isUnready(): boolean {
    return !this.#runner.state.isInitialized
  }

  /** Whether the circuit is closed for the fleet, according to the storage. */
  get isSettled(): boolean {
    return isClosed(this.#runner.state)
  }

  onMove(publish: (origin: Origin) => void): void {
    this.#publish = publish
  }

  get closedPermit(): Permit | undefined {
    return this.#runner.state.isInitialized ? this.#local.closedPermit : undefined
  }

  admit(): Admission | Promise<Admission> {
    const { state } = this.#runner
    if (!state.isInitialized) return UNREADY
    if (isClosed(state)) return this.#runner.admit()
    // Read the clock once: between two readings the ttl may end, and a probe would go without a permit.
    const now = this.#options.now()
    const refusal = this.#local.refusalAt(now)
    if (refusal) return refusal
    if (state.isAlone) return this.#admitAlone()
    // A probe that was sent alone may still hold the local permit: a lease would go back unused.
    if (isHeld(state, now) || !this.#local.hasFreePermitAt(now)) return HALF_OPENED
    return this.#runner.acquire()
  }

  get failureRate(): FailureRateReading | undefined {
    return this.#local.failureRate
  }

  record(permit: Permit, outcome: Outcome, reason?: FailureReason, retryAfter?: number): boolean {
    return this.#recorder.record(permit, { outcome, reason, retryAfter })
  }

  recordSlow(permit: Permit, reason: FailureReason): boolean {
    return this.#recorder.record(permit, { outcome: 'failure', reason, isInFlight: true })
  }

  release(): void {
    this.#runner.take({ on: 'released' })
    this.#options.leave()
  }

  /** What happens to all circuits of a breaker at once. */
  heed(event: 'initialized' | 'lost' | 'distrusted' | 'hurried'): void {
    this.#runner.take({ on: event })
  }

  /** Whether a snapshot that the storage published is to be read, and not taken. */
  isOutdated(snapshot: Snapshot): boolean {
    return isOutdated(this.#runner.state, snapshot)
  }

  /** Takes a snapshot that the storage published. */
  pushed(snapshot: Snapshot, process: string): void {
    this.#runner.take({ on: 'pushed', snapshot, isOwn: process === this.#options.process })
  }

  flush(): Promise<void> {
    return this.#runner.flush()
  }

  async read(deadline: number): Promise<() => void> {
    const { state } = this.#runner
    const at = this.#options.now()
    const answer = await this.#runner.ask({ op: 'read' }, deadline, known(state, at))
    const { losses } = state
    return () => this.#runner.take({ on: 'read', answer, at, losses })
  }

  #admitAlone(): Admission {
    const admission = this.#runner.admit()
    if (admission.admitted && admission.probe) this.#options.miss()
    return admission
  }
}
