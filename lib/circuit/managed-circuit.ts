/** A named circuit: tells what its machine decided. */
import { Readiness } from './readiness.js'
import { isDecided } from './decided.js'
import { itself, keepSelf, makeShown } from './shown.js'
import { MILLISECOND, wholeMilliseconds } from './whole-milliseconds.js'
import type { Admission, Attempt, Machine, Origin, Outcome, Permit, Refusal } from './types.js'
import type { AnyAdapter, Attachable, Circuit, CircuitReading, CircuitState } from './types.js'
import type { FailureReason, Publisher } from './types.js'

type Detach = (circuit: ManagedCircuit, instance?: Attachable) => void

type GuardAdapter = (circuit: ManagedCircuit, adapter: AnyAdapter) => AnyAdapter

export class ManagedCircuit implements Circuit {
  readonly name: string
  readonly #machine: Machine
  readonly #publisher: Publisher
  readonly #onDetach: Detach
  readonly #guardAdapter: GuardAdapter
  /** Adapters within which this circuit is asked. Made on use: few circuits have any. */
  #left: WeakSet<object> | undefined
  #told: CircuitState = 'closed'
  #lastFailure: FailureReason | undefined
  /** Made for the first who waits. */
  #readiness: Readiness | undefined
  #isReleased = false

  constructor(
    name: string,
    machine: Machine,
    publisher: Publisher,
    onDetach: Detach,
    guardAdapter: GuardAdapter = (_circuit, adapter) => adapter,
  ) {
    keepSelf(this)
    this.name = name
    this.#publisher = publisher
    this.#onDetach = onDetach
    this.#guardAdapter = guardAdapter
    this.#machine = machine
    machine.onMove?.((origin) => this.moved(origin))
  }

  get state(): CircuitState {
    return itself(this).#machine.state
  }

  get failureCount(): number {
    return itself(this).#machine.failureCount
  }

  get retryAfter(): number {
    return wholeMilliseconds(itself(this).#machine.retryAfter)
  }

  get lastFailure(): FailureReason | undefined {
    const self = itself(this)
    return self.#machine.lastFailure ?? self.#lastFailure
  }

  detach(instance?: Attachable): void {
    const self = itself(this)
    self.#onDetach(self, instance)
  }

  ready({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const self = itself(this)
    self.#readiness ??= new Readiness(self)
    return self.#readiness.wait(signal)
  }

  toJSON(): CircuitReading {
    const { name, state, failureCount, retryAfter, lastFailure } = this
    return { name, state, failureCount, retryAfter, ...(lastFailure && { lastFailure }) }
  }

  /** A circuit is the route of all requests to itself. */
  circuitOf(): this {
    return this
  }

  circuitNamed(name: string): this | undefined {
    return name === this.name ? this : undefined
  }

  get isReady(): boolean {
    return this.#machine.isReady ?? this.#machine.state !== 'opened'
  }

  /** While it is closed, and once it is off its instances, where nobody is refused. */
  get isOpenToAll(): boolean {
    return this.#isReleased || this.#machine.state === 'closed'
  }

  guard<Adapter extends AnyAdapter>(adapter: Adapter): Adapter {
    const self = itself(this)
    return self.#guardAdapter(self, adapter) as Adapter
  }

  /** Whether its own guards are to let a request through to this adapter, which asks the circuit itself. */
  leaves(adapter: object): boolean {
    return this.#left?.has(adapter) ?? false
  }

  leaveTo(adapter: object): void {
    this.#left ??= new WeakSet()
    this.#left.add(adapter)
  }

  get isReleased(): boolean {
    return this.#isReleased
  }

  /** The last word: called once the circuit is off its instances. */
  release(): void {
    this.#machine.release?.()
    this.#isReleased = true
    this.#readiness?.look()
  }

  /** A permit, to be given back to `record` exactly once, or a refusal. */
  admit(): Admission | Promise<Admission> {
    const admission = this.#machine.admit()
    if (!isDecided(admission)) return admission.then((decided) => this.#tellAdmission(decided))
    // While it is closed, and nobody waits, there is nothing to tell: most of the time.
    if (admission.admitted && !admission.probe && this.#told === 'closed' && !this.#readiness) {
      return admission
    }
    return this.#tellAdmission(admission)
  }

  record(permit: Permit, outcome: Outcome, reason?: FailureReason): void {
    const hadFailed = this.#machine.failureCount > 0 || this.#told !== 'closed'
    if (!this.#machine.record(permit, outcome, reason)) return
    if (outcome === 'failure') this.#tellFailure(reason)
    else if (outcome === 'success' && hadFailed) {
      this.#publisher.publish('recovered', { circuit: this.name })
    }
    this.moved('local')
    this.#readiness?.look()
  }

  get tellsAttempts(): boolean {
    return this.#publisher.hears('attempted')
  }

  tellAttempt(attempt: Attempt): void {
    this.#publisher.publish('attempted', attempt)
  }

  /** Tells the transition, if there was one. */
  moved(origin: Origin): void {
    const from = this.#told
    const to = this.#machine.decidedState
    if (to === from) return
    this.#told = to
    this.#readiness?.look()
    this.#publisher.publish('stateChanged', { circuit: this.name, from, to, origin })
  }

  #tellAdmission(admission: Admission): Admission {
    this.moved('local')
    if (admission.admitted) this.#readiness?.look()
    else if (admission.state !== 'not-initialized') return this.#tellRefusal(admission)
    return admission
  }

  #tellFailure(reason: FailureReason | undefined): void {
    const { failureCount } = this.#machine
    this.#lastFailure = reason
    this.#publisher.publish('failed', { circuit: this.name, failureCount, ...reason })
  }

  #tellRefusal({ state, ...refusal }: Refusal): Refusal {
    const least = state === 'opened' ? MILLISECOND : 0
    const retryAfter = Math.max(least, wholeMilliseconds(refusal.retryAfter))
    this.#publisher.publish('rejected', { circuit: this.name, state, retryAfter })
    return { admitted: false, state, retryAfter, lastFailure: this.lastFailure }
  }
}

makeShown(ManagedCircuit.prototype, 'Circuit')
