/** A named circuit, as its users see it. */
import { AdmittingCircuit } from './admitting-circuit.js'
import type { Attention } from './attention.js'
import type { AnyAdapter, Attachable, Circuit, CircuitReading, ReadyOptions } from './circuit.js'
import type { Publisher } from './events.js'
import type { Forced, ForcedState, ForceOptions } from './force.js'
import { forcedOf } from './forced-machine.js'
import type { FailureRateReading, FailureRateTerms, OpeningCause } from './opening/terms.js'
import type { Owner } from './owner.js'
import { readingOf } from './reading.js'
import { itself, makeShown } from './shown.js'
import type { CircuitState, Machine } from './types.js'

export class ManagedCircuit extends AdmittingCircuit implements Circuit {
  readonly window: FailureRateTerms['window'] | undefined
  readonly #owner: Owner<ManagedCircuit>

  constructor(
    name: string,
    machine: Machine,
    publisher: Publisher,
    owner: Owner<ManagedCircuit>,
    attention: Attention = {},
  ) {
    super(name, machine, publisher, attention)
    this.window = attention.window
    this.#owner = owner
  }

  get state(): CircuitState {
    return itself(this).asked.state
  }

  get failureCount(): number {
    return itself(this).asked.failureCount
  }

  get failureRate(): FailureRateReading | undefined {
    return itself(this).asked.failureRate
  }

  get cause(): OpeningCause | undefined {
    return itself(this).asked.opening?.cause
  }

  get round(): number {
    return itself(this).asked.opening?.round ?? 0
  }

  get forced(): Forced | undefined {
    return forcedOf(itself(this).asked)
  }

  force(state: ForcedState, options?: ForceOptions): Promise<void> {
    const self = itself(this)
    return self.#owner.force(self, state, options)
  }

  unforce(): Promise<void> {
    const self = itself(this)
    return self.#owner.unforce(self)
  }

  detach(instance?: Attachable): void {
    const self = itself(this)
    self.#owner.detach(self, instance)
  }

  ready(options?: ReadyOptions): Promise<void> {
    const self = itself(this)
    try {
      return self.wait(self.#owner.checkReady(self.name, options).signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  report(outcome: 'success' | 'failure'): void {
    const self = itself(this)
    self.#owner.checkReport(outcome)
    const permit = self.isReleased ? undefined : self.asked.closedPermit
    if (permit) self.count(permit, outcome, {}, 0)
  }

  toJSON(): CircuitReading {
    return readingOf(this)
  }

  /** A circuit is the route of all requests to itself, until it is detached. */
  circuitOf(): this | undefined {
    return this.isReleased ? undefined : this
  }

  circuitBehind({ circuit }: { readonly circuit: string }): this | undefined {
    return circuit === this.name ? this : undefined
  }

  guard<Adapter extends AnyAdapter>(adapter: Adapter): Adapter {
    const self = itself(this)
    return self.#owner.guard(self, adapter) as Adapter
  }
}

makeShown(ManagedCircuit.prototype, 'Circuit')
