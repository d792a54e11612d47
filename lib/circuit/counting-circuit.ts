/** Counts what comes of the attempts of a circuit, and publishes what its machine makes of it. */
import type { Publisher } from './events.js'
import { ForcedMachine } from './forced-machine.js'
import type { SlowCounts } from './opening/slow.js'
import { Publication } from './publication.js'
import type { Readiness } from './readiness.js'
import { keepSelf } from './shown.js'
import { StandIn } from './stand-in.js'
import type { FailureReason, Machine, Origin, Outcome, Permit } from './types.js'
import { wholeMilliseconds } from './whole-milliseconds.js'

export abstract class CountingCircuit {
  readonly name: string
  /** Public, because attempts are published by the code that sees them end. */
  readonly published: Publication
  #machine: Machine
  #waiters: Readiness | undefined

  constructor(name: string, machine: Machine, publisher: Publisher) {
    keepSelf(this)
    this.name = name
    this.published = new Publication(name, publisher)
    this.#machine = machine
    machine.onMove?.((origin) => this.publishTransition(origin))
  }

  /** What decides: the machine of the rules, or the force before it. */
  protected get machine(): Machine {
    return this.#machine
  }

  protected set machine(machine: Machine) {
    this.#machine = machine
  }

  /** The machine that the rules are in, whether the circuit is forced or not. */
  protected get own(): Machine {
    return this.#machine instanceof ForcedMachine ? this.#machine.behind : this.#machine
  }

  /** Set once a caller has waited. */
  protected get waiters(): Readiness | undefined {
    return this.#waiters
  }

  protected set waiters(waiters: Readiness | undefined) {
    this.#waiters = waiters
  }

  /** Publishes the transition, if there was one. */
  publishTransition(origin: Origin): void {
    const to = this.#machine.decidedState
    if (to === this.published.state) return
    this.#waiters?.look()
    const { opening, retryAfter } = this.own
    const opened = to === 'opened' && { ...opening, retryAfter: wholeMilliseconds(retryAfter) }
    this.published.publishTransition(to, origin, opened)
  }

  protected get counts(): SlowCounts {
    return {
      ended: (...result) => this.count(...result),
      slow: (permit, reason) => this.#countSlow(permit, reason),
    }
  }

  protected count(
    permit: Permit,
    outcome: Outcome,
    reason: FailureReason | undefined,
    after: number,
  ): void {
    const hadFailed = this.#machine.failureCount > 0 || this.published.state !== 'closed'
    if (!this.#machine.record(permit, outcome, reason, after)) {
      if (permit instanceof StandIn) permit.ended(outcome, reason, after)
      // The end of a probe that counts no more frees its permit all the same.
      if (permit.probe) this.#waiters?.look()
      return
    }
    if (outcome === 'failure') this.published.failed(this.#machine.failureCount, reason)
    else if (outcome === 'success' && hadFailed && this.#machine.decidedState === 'closed') {
      this.published.recovered()
    }
    this.#publishCounted()
  }

  #countSlow(permit: Permit, reason: FailureReason): void {
    if (permit instanceof StandIn) return permit.slow(reason)
    if (!this.#machine.recordSlow(permit, reason)) return
    this.published.failed(this.#machine.failureCount, reason)
    this.#publishCounted()
  }

  #publishCounted(): void {
    this.publishTransition('local')
    this.#waiters?.look()
  }
}
