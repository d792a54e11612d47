/**
 * One request may meet two guards of the same circuit, if an adapter wraps another one. The outer
 * guard lays its permit down on the config; the inner one takes it up, and counts what it really
 * sent. The outer one counts only what nobody took up.
 */
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Permit } from '../circuit/types.js'
import { property } from '../internal/property.js'
import { isCachedAnswer } from './cached.js'
import { isKeeper } from './hit.js'

/** Enumerable, as wrappers hand on copies. Its fields are private: a config that is printed shows none. */
const PASSAGE = Symbol('axios-breaker.passage')

/** A class, as axios clones plain objects when it merges a config. */
export class Passage {
  readonly #circuit: ManagedCircuit
  readonly #adapter: object
  /** Another circuit's, on the same request. */
  readonly #around: Passage | undefined
  /** Until somebody takes it. */
  #permit: Permit | undefined

  constructor(config: object, circuit: ManagedCircuit, adapter: object, permit: Permit) {
    const outer = passageOn(config)
    this.#circuit = circuit
    this.#adapter = adapter
    this.#around = outer && outer.#permit ? outer : undefined
    this.#permit = permit
    try {
      ;(config as { [PASSAGE]?: Passage })[PASSAGE] = this
    } catch {
      // A wrapper has sealed the config: an inner guard asks for itself.
    }
  }

  static of(config: object, circuit: ManagedCircuit): Passage | undefined {
    let passage = passageOn(config)
    while (passage && passage.#circuit !== circuit) passage = passage.#around
    return passage
  }

  /** @returns the permit, to be recorded by the one that takes it */
  take(): Permit | undefined {
    const permit = this.#permit
    this.#permit = undefined
    return permit
  }

  /** Within the adapter the circuit is asked: from now on the outer guard leaves it to that. */
  leave(): void {
    if (this.#permit) this.#circuit.leaveTo(this.#adapter)
  }

  /** Whether an answer, or an error, is one that an adapter keeps, or shares: marked, or an earlier request's. */
  isKept(answer: unknown, own: object): boolean {
    const isKept = isCachedAnswer(answer) || this.#isForeign(property(answer, 'config'), own)
    if (isKept) isKeeper(this.#adapter)
    return isKept
  }

  #isForeign(carried: unknown, own: object): boolean {
    if (carried === own || typeof carried !== 'object' || carried === null) return false
    const passage = Passage.of(carried, this.#circuit)
    return passage !== undefined && passage !== this
  }

  static isPassage(value: unknown): value is Passage {
    return typeof value === 'object' && value !== null && #circuit in value
  }
}

/** Clones of a passage, as deep copies of a config hold them, are none. */
function passageOn(config: object): Passage | undefined {
  const passage = (config as { readonly [PASSAGE]?: unknown })[PASSAGE]
  return Passage.isPassage(passage) ? passage : undefined
}
