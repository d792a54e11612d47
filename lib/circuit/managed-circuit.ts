/** A named circuit: decides by the rules, and tells what was decided. */
import type { LocalCircuit } from './local-circuit.js'
import type {
  Circuit,
  CircuitState,
  FailureReason,
  Outcome,
  Permit,
  Publish,
  Refusal,
} from './types.js'

export class ManagedCircuit implements Circuit {
  readonly name: string
  readonly #local: LocalCircuit
  readonly #publish: Publish
  readonly #onDetach: (circuit: ManagedCircuit) => void

  constructor(
    name: string,
    local: LocalCircuit,
    publish: Publish,
    onDetach: (circuit: ManagedCircuit) => void,
  ) {
    this.name = name
    this.#local = local
    this.#publish = publish
    this.#onDetach = onDetach
  }

  get state(): CircuitState {
    return this.#local.state
  }

  get failureCount(): number {
    return this.#local.failureCount
  }

  get retryAfter(): number {
    return this.#local.retryAfter
  }

  detach(): void {
    this.#onDetach(this)
  }

  /** A permit, to be given back to `record` exactly once, or a refusal. */
  admit(): Permit | Refusal {
    const from = this.#local.decidedState
    const admission = this.#local.admit()
    if (from === 'closed') return admission
    this.#tellTransition(from)
    if (!admission.admitted) this.#tellRefusal(admission)
    return admission
  }

  record(permit: Permit, outcome: Outcome, reason?: FailureReason): void {
    const { decidedState: from, failureCount } = this.#local
    if (!this.#local.record(permit, outcome)) return
    if (outcome === 'failure') {
      const event = { circuit: this.name, failureCount: this.#local.failureCount, ...reason }
      this.#publish('failed', event)
    } else if (outcome === 'success' && (failureCount > 0 || from !== 'closed')) {
      this.#publish('recovered', { circuit: this.name })
    }
    this.#tellTransition(from)
  }

  #tellRefusal({ state, retryAfter }: Refusal): void {
    this.#publish('rejected', { circuit: this.name, state, retryAfter })
  }

  #tellTransition(from: CircuitState): void {
    const to = this.#local.decidedState
    if (to === from) return
    this.#publish('stateChanged', { circuit: this.name, from, to, origin: 'local' })
  }
}
