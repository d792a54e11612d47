/** A named circuit: tells what its machine decided. */
import type {
  Admission,
  Attempt,
  Circuit,
  CircuitState,
  FailureReason,
  Machine,
  Origin,
  Outcome,
  Permit,
  Publisher,
  Refusal,
} from './types.js'

export class ManagedCircuit implements Circuit {
  readonly name: string
  readonly #machine: Machine
  readonly #publisher: Publisher
  readonly #onDetach: (circuit: ManagedCircuit) => void
  #told: CircuitState = 'closed'

  constructor(
    name: string,
    machineFor: (circuit: ManagedCircuit) => Machine,
    publisher: Publisher,
    onDetach: (circuit: ManagedCircuit) => void,
  ) {
    this.name = name
    this.#publisher = publisher
    this.#onDetach = onDetach
    this.#machine = machineFor(this)
  }

  get state(): CircuitState {
    return this.#machine.state
  }

  get failureCount(): number {
    return this.#machine.failureCount
  }

  get retryAfter(): number {
    return this.#machine.retryAfter
  }

  detach(): void {
    this.#onDetach(this)
  }

  /** The last word: called once the circuit is off its instances. */
  release(): void {
    this.#machine.release?.()
  }

  /** A permit, to be given back to `record` exactly once, or a refusal. */
  admit(): Admission | Promise<Admission> {
    const admission = this.#machine.admit()
    if ('admitted' in admission) return this.#tellAdmission(admission)
    return admission.then((decided) => this.#tellAdmission(decided))
  }

  record(permit: Permit, outcome: Outcome, reason?: FailureReason): void {
    const hadFailed = this.#machine.failureCount > 0 || this.#told !== 'closed'
    if (!this.#machine.record(permit, outcome)) return
    if (outcome === 'failure') this.#tellFailure(reason)
    else if (outcome === 'success' && hadFailed) {
      this.#publisher.publish('recovered', { circuit: this.name })
    }
    this.moved('local')
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
    this.#publisher.publish('stateChanged', { circuit: this.name, from, to, origin })
  }

  #tellAdmission(admission: Admission): Admission {
    this.moved('local')
    if (!admission.admitted && admission.state !== 'not-initialized') this.#tellRefusal(admission)
    return admission
  }

  #tellFailure(reason: FailureReason | undefined): void {
    const { failureCount } = this.#machine
    this.#publisher.publish('failed', { circuit: this.name, failureCount, ...reason })
  }

  #tellRefusal({ state, retryAfter }: Refusal): void {
    this.#publisher.publish('rejected', { circuit: this.name, state, retryAfter })
  }
}
