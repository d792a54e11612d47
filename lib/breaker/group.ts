/** A route that leads each request to the circuit that a function names. */
import { nameFor, type NameOf } from '../axios/name-of.js'
import type { RefusedBy, Route } from '../axios/route.js'
import type { Circuit, CircuitReading } from '../circuit/circuit.js'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { itself, keepSelf, makeShown } from '../circuit/shown.js'
import { warnOnce } from '../internal/warnings.js'
import type { Circuits } from './circuits.js'
import type { ResolvedCircuitOptions } from './config.js'
import type { Roster } from './roster.js'

/** The circuits of a name function. */
export interface CircuitGroup {
  /** The circuits that the group has made and not evicted, the one that was unused for longest first. */
  readonly circuits: readonly Circuit[]
  /** How many requests went without a circuit because the group had `maxCircuits` circuits. */
  readonly unguarded: number
  /**
   * Detaches the function from all instances, and removes the group's circuits from the breaker. Requests in
   * flight still record their outcome. Idempotent.
   */
  detach(): void
  toJSON(): { readonly circuits: readonly CircuitReading[]; readonly unguarded: number }
}

interface GroupParts {
  readonly nameOf: NameOf
  /** Of each circuit that the group makes. */
  readonly options: ResolvedCircuitOptions
  readonly roster: Roster
  readonly circuits: Circuits
  /** The breaker's clock. */
  readonly now: () => number
  readonly onDetach: () => void
}

export class Group implements CircuitGroup, Route {
  readonly #parts: GroupParts
  /** The circuit that refused, by the error. The name is not enough: a refusal of another instance may have it. */
  readonly #refusals = new WeakMap<RefusedBy, ManagedCircuit>()
  /** Identifies the group. It is not the group itself, so that circuits do not keep what the function holds. */
  readonly #maker = {}
  #unguarded = 0
  #isDetached = false

  constructor(parts: GroupParts) {
    keepSelf(this)
    this.#parts = parts
  }

  get circuits(): readonly ManagedCircuit[] {
    const self = itself(this)
    return self.#parts.roster.madeBy(self.#maker)
  }

  get unguarded(): number {
    return itself(this).#unguarded
  }

  detach(): void {
    const self = itself(this)
    if (self.#isDetached) return
    self.#isDetached = true
    self.#parts.onDetach()
    for (const circuit of self.circuits) circuit.detach()
  }

  toJSON(): ReturnType<CircuitGroup['toJSON']> {
    const { circuits, unguarded } = this
    return { circuits: circuits.map((circuit) => circuit.toJSON()), unguarded }
  }

  circuitOf(config: Parameters<NameOf>[0]): ManagedCircuit | undefined {
    if (config.circuitBreaker === false || this.#isDetached) return undefined
    const { nameOf, roster, circuits, now } = this.#parts
    const name = nameFor(config, nameOf, roster)
    if (name === undefined) return undefined
    const usedAt = now()
    return roster.use(name, usedAt) ?? circuits.use(name, usedAt) ?? this.#make(name, usedAt)
  }

  circuitBehind(refusal: RefusedBy): ManagedCircuit | undefined {
    return this.#refusals.get(refusal)
  }

  refused(refusal: RefusedBy, circuit: ManagedCircuit): void {
    this.#refusals.set(refusal, circuit)
  }

  #make(name: string, now: number): ManagedCircuit | undefined {
    const { options, roster, circuits } = this.#parts
    for (const circuit of roster.takeIdle(now)) circuit.detach()
    // A listener may have detached the group, or sent a request to the same name.
    if (this.#isDetached) return undefined
    const made = circuits.use(name, now)
    if (made) return made
    if (roster.isFull) return this.#pass()
    return circuits.make(ownCopy(name), options, (circuit) => roster.add(circuit, this.#maker, now))
  }

  #pass(): undefined {
    const { roster, circuits } = this.#parts
    this.#unguarded += 1
    circuits.unguarded += 1
    warnOnce(roster, 'full', FULL)
  }
}

const FULL =
  'A function has named as many circuits as maxCircuits allows, and none of them may be evicted. ' +
  'Requests to further names go without a circuit'

makeShown(Group.prototype, 'CircuitGroup')

/** A part of a string may keep the whole string in memory, such as a long URL. */
function ownCopy(name: string): string {
  return name.split('').join('')
}
