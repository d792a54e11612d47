/**
 * Breakers that are exported together. Circuits of the same name appear as one: their counts are added up, the
 * worse state counts, and they stay until the last of them is detached.
 */
import type { Attempt, CircuitEvents } from '../circuit/events.js'
import type { ForcedState } from '../circuit/force.js'
import type { FailureReason } from '../circuit/types.js'
import { STATE_VALUES, type ObservedBreaker, type ObservedCircuit } from '../observe/observed.js'

/** What may happen to a circuit, as far as that depends on its options. */
export interface Possible {
  readonly isShared: boolean
  /** Whether a rate of failures may open it. */
  readonly hasRate: boolean
}

/** What is counted of the circuits of one name. */
export interface Series {
  /** Shows at 0 what may come; called for each breaker that has a circuit of the name. */
  expect(possible: Possible): void
  failed(failure: FailureReason): void
  rejected(refusal: CircuitEvents['rejected']): void
  attempted(attempt: Attempt): void
  changed(transition: CircuitEvents['stateChanged']): void
  remove(): void
}

/** Where it is counted. */
export interface Sink {
  seriesOf(circuit: string): Series
  storageAnswered(duration: number): void
}

interface Shown {
  readonly series: Series
  readonly holders: Set<ObservedBreaker>
}

export class Group {
  readonly #sink: Sink
  readonly #members = new Map<ObservedBreaker, () => void>()
  readonly #shown = new Map<string, Shown>()
  /** Of breakers that have left, since a counter must not go back; and how much of that is whose, if one returns. */
  #unguardedOfGone = 0
  readonly #unguardedAtLeave = new WeakMap<ObservedBreaker, number>()

  constructor(sink: Sink) {
    this.#sink = sink
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  /** How many requests went without a circuit because of a bound. */
  get unguarded(): number {
    const counts = [...this.#members.keys()].map((breaker) => this.#unguardedOf(breaker))
    return counts.reduce((sum, count) => sum + count, this.#unguardedOfGone)
  }

  /** Whether every storage answers; undefined without any. */
  get storageUp(): boolean | undefined {
    const known = [...this.#members.keys()].map(({ storageUp }) => storageUp)
    const ups = known.filter((isUp) => isUp !== undefined)
    return ups.length > 0 ? ups.every(Boolean) : undefined
  }

  /** @returns a function that removes the breaker; the same one if it had joined already */
  join(breaker: ObservedBreaker, onLeave: () => void): () => void {
    const known = this.#members.get(breaker)
    if (known) return known
    const unsubscribe = this.#subscribe(breaker)
    const leave = (): void => {
      if (this.#members.get(breaker) !== leave) return
      this.#members.delete(breaker)
      this.#unguardedOfGone += this.#unguardedOf(breaker)
      this.#unguardedAtLeave.set(breaker, breaker.unguarded ?? 0)
      unsubscribe()
      for (const name of this.#shown.keys()) this.#release(name, breaker)
      onLeave()
    }
    this.#members.set(breaker, leave)
    for (const circuit of breaker.circuits) this.#hold(circuit, breaker)
    return leave
  }

  leaveAll(): void {
    for (const leave of this.#members.values()) leave()
  }

  /** The current state of each circuit, by name. */
  states(): ReadonlyMap<string, number> {
    const states = new Map<string, number>()
    for (const { circuits } of this.#members.keys()) {
      for (const { name, state } of circuits) {
        states.set(name, Math.max(STATE_VALUES[state], states.get(name) ?? 0))
      }
    }
    return states
  }

  /** The fraction of the requests that failed, of each circuit that has a rate, by name. */
  failureRatios(): ReadonlyMap<string, number> {
    const ratios = new Map<string, number>()
    for (const { circuits } of this.#members.keys()) {
      for (const { name, failureRate } of circuits) {
        if (failureRate) ratios.set(name, Math.max(failureRate.rate, ratios.get(name) ?? 0))
      }
    }
    return ratios
  }

  /** The states that each circuit is forced into, by name: several breakers may differ. */
  forces(): ReadonlyMap<string, ReadonlySet<ForcedState>> {
    const forces = new Map<string, Set<ForcedState>>()
    for (const { circuits } of this.#members.keys()) {
      for (const { name, forced } of circuits) {
        const states = forces.get(name) ?? new Set()
        if (forced) states.add(forced.state)
        forces.set(name, states)
      }
    }
    return forces
  }

  #unguardedOf(breaker: ObservedBreaker): number {
    return (breaker.unguarded ?? 0) - (this.#unguardedAtLeave.get(breaker) ?? 0)
  }

  #subscribe(breaker: ObservedBreaker): () => void {
    const unsubscribes = [
      breaker.on('created', ({ circuit }) => this.#create(circuit, breaker)),
      breaker.on('detached', ({ circuit }) => this.#release(circuit, breaker)),
      breaker.on('failed', (failure) => this.#seriesOf(failure.circuit)?.failed(failure)),
      breaker.on('rejected', (refusal) => this.#seriesOf(refusal.circuit)?.rejected(refusal)),
      breaker.on('attempted', (attempt) => this.#seriesOf(attempt.circuit)?.attempted(attempt)),
      breaker.on('stateChanged', (transition) =>
        this.#seriesOf(transition.circuit)?.changed(transition),
      ),
      breaker.on('storageAnswered', ({ duration }) => this.#sink.storageAnswered(duration)),
    ]
    return () => {
      for (const unsubscribe of unsubscribes) unsubscribe()
    }
  }

  /** Undefined if the circuit was detached: a late result would bring its series back for ever. */
  #seriesOf(circuit: string): Series | undefined {
    return this.#shown.get(circuit)?.series
  }

  #create(name: string, breaker: ObservedBreaker): void {
    const created = breaker.circuit(name)
    if (created) this.#hold(created, breaker)
  }

  #hold({ name, failureRate }: ObservedCircuit, breaker: ObservedBreaker): void {
    const shown = this.#shown.get(name) ?? {
      series: this.#sink.seriesOf(name),
      holders: new Set<ObservedBreaker>(),
    }
    this.#shown.set(name, shown)
    shown.holders.add(breaker)
    shown.series.expect({
      isShared: breaker.storageUp !== undefined,
      hasRate: failureRate !== undefined,
    })
  }

  #release(name: string, breaker: ObservedBreaker): void {
    const shown = this.#shown.get(name)
    if (!shown?.holders.delete(breaker) || shown.holders.size > 0) return
    this.#shown.delete(name)
    shown.series.remove()
  }
}
