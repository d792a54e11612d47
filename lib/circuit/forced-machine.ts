/**
 * Stands before the machine of a circuit while it is forced, and not otherwise. The machine behind it goes on:
 * it counts what is sent, and decides again once the force is over.
 */
import { isDecided } from './decided.js'
import { isOver, shownForce, type Forced, type StandingForce } from './force.js'
import type { SlowCounts } from './opening/slow.js'
import type { FailureRateReading } from './opening/terms.js'
import { StandIn, UNCOUNTED } from './stand-in.js'
import type { Admission, CircuitState, FailureReason, Machine } from './types.js'
import type { OpeningReading, Outcome, Permit, Refusal } from './types.js'

/** The circuit, as the force before it needs it. */
export interface Forcible {
  /** Seconds for which a refusal says to wait if nobody said when the force ends. */
  readonly ttl: number
  /** Monotonic seconds. */
  readonly now: () => number
  /** Records what comes of a request by the machine's own permit. */
  readonly counts: SlowCounts
  /** Publishes what the machine has decided, and the refusal that it would have meant, if it is one. */
  readonly decided: (admission: Admission) => void
  /** Called once the force is over. @returns what decides from now on */
  readonly end: (ended: Machine) => Machine
}

export class ForcedMachine implements Machine {
  readonly behind: Machine
  readonly force: StandingForce
  readonly #circuit: Forcible

  constructor(behind: Machine, force: StandingForce, circuit: Forcible) {
    this.behind = behind
    this.force = force
    this.#circuit = circuit
  }

  get decidedState(): CircuitState {
    return this.behind.decidedState
  }

  get failureCount(): number {
    return this.behind.failureCount
  }

  get failureRate(): FailureRateReading | undefined {
    return this.behind.failureRate
  }

  get lastFailure(): FailureReason | undefined {
    return this.behind.lastFailure
  }

  get closedPermit(): Permit | undefined {
    return this.behind.closedPermit
  }

  get state(): CircuitState {
    return this.#next?.state ?? this.force.state
  }

  /** Undefined while the force stands: no rule has opened the circuit then. */
  get opening(): OpeningReading | undefined {
    return this.#next?.opening
  }

  get retryAfter(): number {
    return this.#next?.retryAfter ?? this.#rest
  }

  /** What is shown of the force. */
  get forced(): Forced | undefined {
    const next = this.#next
    return next ? forcedOf(next) : shownForce(this.force, this.#circuit.now())
  }

  admit(): Admission | Promise<Admission> {
    const next = this.#next
    if (next) return next.admit()
    if (this.force.state === 'opened') return this.#refusal
    const admission = this.behind.admit()
    return isDecided(admission) ? this.#letThrough(admission) : this.#letGoFirst(admission)
  }

  record(permit: Permit, outcome: Outcome, reason?: FailureReason, retryAfter?: number): boolean {
    return this.behind.record(permit, outcome, reason, retryAfter)
  }

  recordSlow(permit: Permit, reason: FailureReason): boolean {
    return this.behind.recordSlow(permit, reason)
  }

  /** Decides for a request that waited for the machine's answer while the circuit was forced. */
  overrule(admission: Admission): Admission {
    const next = this.#next
    if (next) return overruled(next, admission)
    if (this.force.state === 'closed') return this.#letThrough(admission)
    if (admission.admitted) this.#circuit.counts.ended(admission, 'ignored', undefined, 0)
    return this.#refusal
  }

  /** What decides in its place, if the force is over. */
  get #next(): Machine | undefined {
    return isOver(this.force, this.#circuit.now()) ? this.#circuit.end(this) : undefined
  }

  get #refusal(): Refusal {
    const retryAfter = this.#rest
    return { admitted: false, state: 'opened', retryAfter, forced: this.forced }
  }

  get #rest(): number {
    const { state, until } = this.force
    if (state === 'closed') return 0
    return until < Infinity ? until - this.#circuit.now() : this.#circuit.ttl
  }

  #letThrough(admission: Admission): Admission {
    if (admission.admitted) return admission.probe ? this.#standInFor(admission) : admission
    if (admission.state === 'not-initialized') return admission
    this.#circuit.decided(admission)
    return UNCOUNTED
  }

  /** Sends the request before the machine has answered, which may take a command to the storage. */
  #letGoFirst(asked: Promise<Admission>): Permit {
    const standIn = new StandIn(this.#circuit.counts)
    void this.#answer(asked, standIn)
    return standIn
  }

  async #answer(asked: Promise<Admission>, standIn: StandIn): Promise<void> {
    const admission = await asked
    this.#circuit.decided(admission)
    standIn.answered(admission)
  }

  #standInFor(permit: Permit): StandIn {
    const standIn = new StandIn(this.#circuit.counts)
    standIn.answered(permit)
    return standIn
  }
}

/** What is shown of the force that stands before a machine, if there is one. */
export function forcedOf(machine: Machine): Forced | undefined {
  return machine instanceof ForcedMachine ? machine.forced : undefined
}

/** Adapts a late answer of the machine: the circuit may have been forced since. */
export function overruled(machine: Machine, admission: Admission): Admission {
  return machine instanceof ForcedMachine ? machine.overrule(admission) : admission
}
