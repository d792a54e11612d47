/** A named circuit: tells what its machine decided. */
import type { Attention } from './attention.js'
import { AttemptsInFlight } from './opening/slow.js'
import type { FailureRateReading, OpeningCause } from './opening/terms.js'
import type { Owner } from './owner.js'
import { Publication } from './publication.js'
import { readingOf } from './reading.js'
import { Readiness } from './readiness.js'
import { isDecided } from './decided.js'
import { itself, keepSelf, makeShown } from './shown.js'
import { wholeMilliseconds } from './whole-milliseconds.js'
import type { AnyAdapter, Attachable, Circuit, CircuitReading } from './circuit.js'
import type { Publisher } from './events.js'
import type { Admission, CircuitState, FailureReason, Machine } from './types.js'
import type { Origin, Outcome, Permit } from './types.js'

export class ManagedCircuit implements Circuit {
  readonly name: string
  readonly #machine: Machine
  readonly #owner: Owner<ManagedCircuit>
  /** Undefined if an attempt may take its time. */
  readonly inFlight: AttemptsInFlight | undefined
  /** Whether the end of an attempt comes with its Retry-After. */
  readonly needsRetryAfter: boolean
  /** Also for those who see attempts end. */
  readonly published: Publication
  /** Made for the first who waits. */
  #readiness: Readiness | undefined
  #isReleased = false

  constructor(
    name: string,
    machine: Machine,
    publisher: Publisher,
    owner: Owner<ManagedCircuit>,
    { slow, maxRetryAfter = 0 }: Attention = {},
  ) {
    keepSelf(this)
    this.name = name
    this.published = new Publication(name, publisher)
    this.#owner = owner
    this.inFlight = slow && new AttemptsInFlight(slow, (...result) => this.#count(...result))
    this.needsRetryAfter = maxRetryAfter > 0
    this.#machine = machine
    machine.onMove?.((origin) => this.publishTransition(origin))
  }

  get state(): CircuitState {
    return itself(this).#asked.state
  }

  get failureCount(): number {
    return itself(this).#asked.failureCount
  }

  get failureRate(): FailureRateReading | undefined {
    return itself(this).#asked.failureRate
  }

  get retryAfter(): number {
    return wholeMilliseconds(itself(this).#asked.retryAfter)
  }

  get cause(): OpeningCause | undefined {
    return itself(this).#asked.opening?.cause
  }

  get round(): number {
    return itself(this).#asked.opening?.round ?? 0
  }

  get lastFailure(): FailureReason | undefined {
    const self = itself(this)
    return self.#asked.lastFailure ?? self.published.lastFailure
  }

  detach(instance?: Attachable): void {
    const self = itself(this)
    self.#owner.detach(self, instance)
  }

  ready({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const self = itself(this)
    self.#readiness ??= new Readiness(self)
    return self.#readiness.wait(signal)
  }

  report(outcome: 'success' | 'failure'): void {
    const self = itself(this)
    self.#owner.checkReport(outcome)
    const permit = self.#isReleased ? undefined : self.#asked.closedPermit
    if (permit) self.#count(permit, outcome, {}, 0)
  }

  toJSON(): CircuitReading {
    return readingOf(this)
  }

  /** A circuit is the route of all requests to itself. */
  circuitOf(): this {
    return this
  }

  circuitNamed(name: string): this | undefined {
    return name === this.name ? this : undefined
  }

  get isReady(): boolean {
    return this.#asked.isReady ?? this.#machine.state !== 'opened'
  }

  /** While it is closed, and once it is off its instances, where nobody is refused. */
  get isOpenToAll(): boolean {
    return this.#isReleased || this.#asked.state === 'closed'
  }

  guard<Adapter extends AnyAdapter>(adapter: Adapter): Adapter {
    const self = itself(this)
    return self.#owner.guard(self, adapter) as Adapter
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
    const admission = this.#asked.admit()
    if (!isDecided(admission)) return admission.then((decided) => this.#publishAdmission(decided))
    // While it is closed, and nobody waits, there is nothing to tell: most of the time.
    const isOrdinary = admission.admitted && !admission.probe && this.published.state === 'closed'
    if (isOrdinary && !this.#readiness) {
      return this.inFlight ? this.inFlight.start(admission) : admission
    }
    return this.#publishAdmission(admission)
  }

  /**
   * @param retryAfter seconds for which the service asked to be left alone; 0 if it did not
   * @returns whether the attempt was slow, and counts as a failure
   */
  record(permit: Permit, outcome: Outcome, reason?: FailureReason, retryAfter = 0): boolean {
    if (this.inFlight) return this.inFlight.end(permit, outcome, reason, retryAfter)
    this.#count(permit, outcome, reason, retryAfter)
    return false
  }

  /** Publishes the transition, if there was one. */
  publishTransition(origin: Origin): void {
    const to = this.#machine.decidedState
    if (to === this.published.state) return
    this.#readiness?.look()
    const { opening, retryAfter } = this.#machine
    const opened = to === 'opened' && { ...opening, retryAfter: wholeMilliseconds(retryAfter) }
    this.published.publishTransition(to, origin, opened)
  }

  /** The machine, once it knows of what has become slow by now. */
  get #asked(): Machine {
    this.inFlight?.countSlow()
    return this.#machine
  }

  #count(permit: Permit, outcome: Outcome, reason: FailureReason | undefined, after: number): void {
    const hadFailed = this.#machine.failureCount > 0 || this.published.state !== 'closed'
    if (!this.#machine.record(permit, outcome, reason, after)) return
    if (outcome === 'failure') this.published.failed(this.#machine.failureCount, reason)
    else if (outcome === 'success' && hadFailed && this.#machine.decidedState === 'closed') {
      this.published.recovered()
    }
    this.publishTransition('local')
    this.#readiness?.look()
  }

  #publishAdmission(admission: Admission): Admission {
    this.publishTransition('local')
    if (admission.admitted) {
      this.#readiness?.look()
      return this.inFlight?.start(admission) ?? admission
    }
    if (admission.state === 'not-initialized') return admission
    return this.published.refused(admission, this.lastFailure)
  }
}

makeShown(ManagedCircuit.prototype, 'Circuit')
