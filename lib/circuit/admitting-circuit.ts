/** Admits requests to a circuit, by its machine or by the force before it. */
import type { Attention } from './attention.js'
import { CountingCircuit } from './counting-circuit.js'
import { isDecided } from './decided.js'
import type { Publisher } from './events.js'
import type { StandingForce } from './force.js'
import { ForcedMachine, overruled, type Forcible } from './forced-machine.js'
import { AttemptsInFlight } from './opening/slow.js'
import { Readiness } from './readiness.js'
import { itself } from './shown.js'
import { UNCOUNTED } from './stand-in.js'
import type { Admission, Machine, Outcome, Permit } from './types.js'
import type { FailureReason } from './types.js'
import { wholeMilliseconds } from './whole-milliseconds.js'

export interface ForceTerms extends Pick<Forcible, 'ttl' | 'now'> {
  /** Called once it is seen that the force is over. */
  readonly onEnd: () => void
}

export class AdmittingCircuit extends CountingCircuit {
  /** Undefined if an attempt may take its time. */
  readonly inFlight: AttemptsInFlight | undefined
  /** Whether the end of an attempt comes with its Retry-After. */
  readonly needsRetryAfter: boolean
  #isReleased = false

  constructor(
    name: string,
    machine: Machine,
    publisher: Publisher,
    { slow, maxRetryAfter = 0 }: Attention,
  ) {
    super(name, machine, publisher)
    this.inFlight = slow && new AttemptsInFlight(slow, this.counts)
    this.needsRetryAfter = maxRetryAfter > 0
  }

  get retryAfter(): number {
    return wholeMilliseconds(itself(this).asked.retryAfter)
  }

  get lastFailure(): FailureReason | undefined {
    const self = itself(this)
    return self.asked.lastFailure ?? self.published.lastFailure
  }

  protected wait(signal: AbortSignal | undefined): Promise<void> {
    this.waiters ??= new Readiness(this)
    return this.waiters.wait(signal)
  }

  get isReady(): boolean {
    if (this.#isReleased) return true
    return !this.own.isUnready && (this.asked.isReady ?? this.machine.state !== 'opened')
  }

  /** Called while the circuit is closed, and once it is detached: nobody is refused then. */
  get isOpenToAll(): boolean {
    return this.#isReleased || this.asked.state === 'closed'
  }

  get isReleased(): boolean {
    return this.#isReleased
  }

  /** Called once the circuit is detached. */
  release(): void {
    this.machine = this.own
    this.machine.release?.()
    this.published.end()
    this.#isReleased = true
    this.waiters?.look()
  }

  /** A permit, to be given back to `record` exactly once, or a refusal. */
  admit(): Admission | Promise<Admission> {
    const { asked } = this
    // The circuit was detached while the request waited for something else, or by a listener just now.
    if (this.#isReleased) return this.#start(UNCOUNTED)
    const admission = asked.admit()
    if (!isDecided(admission)) return admission.then((decided) => this.#publishLate(decided))
    // Usually the circuit is closed, nobody waits, and there is nothing to publish.
    const isOrdinary = admission.admitted && !admission.probe && this.published.state === 'closed'
    if (isOrdinary && !this.waiters) return this.#start(admission)
    return this.#publishAdmission(admission)
  }

  /**
   * @param retryAfter seconds for which the service asked to be left alone; 0 if it did not
   * @returns whether the attempt was slow, and counts as a failure
   */
  record(permit: Permit, outcome: Outcome, reason?: FailureReason, retryAfter = 0): boolean {
    if (this.inFlight) return this.inFlight.end(permit, outcome, reason, retryAfter)
    this.count(permit, outcome, reason, retryAfter)
    return false
  }

  /** The force that stands, whether it is over by now or not. */
  get standing(): StandingForce | undefined {
    return this.machine instanceof ForcedMachine ? this.machine.force : undefined
  }

  /** Puts a force before the machine, or takes it away. */
  stand(force: StandingForce | undefined, terms: ForceTerms): void {
    const machine = this.own
    this.machine = force ? new ForcedMachine(machine, force, this.#forcible(terms)) : machine
    this.waiters?.look()
  }

  /** The machine or force that decides, after slow attempts were counted. */
  protected get asked(): Machine {
    this.inFlight?.countSlow()
    return this.machine
  }

  #forcible({ onEnd, ...terms }: ForceTerms): Forcible {
    return {
      ...terms,
      counts: this.counts,
      decided: (admission) => this.#publishDecision(admission),
      end: (ended) => {
        onEnd()
        if (this.machine === ended) this.machine = this.own
        return this.machine
      },
    }
  }

  /** Publishes what the machine has decided for a request that was sent whatever it decided. */
  #publishDecision(admission: Admission): void {
    this.publishTransition('local')
    if ('retryAfter' in admission) this.published.spared(admission)
  }

  #start(permit: Permit): Permit {
    return this.inFlight ? this.inFlight.start(permit) : permit
  }

  #publishLate(admission: Admission): Admission {
    if (this.#isReleased && !admission.admitted) return this.#start(UNCOUNTED)
    return this.#publishAdmission(overruled(this.asked, admission))
  }

  #publishAdmission(admission: Admission): Admission {
    this.publishTransition('local')
    if (admission.admitted) {
      this.waiters?.look()
      return this.#start(admission)
    }
    if (admission.state === 'not-initialized') return admission
    return this.published.refused(admission, this.lastFailure)
  }
}
