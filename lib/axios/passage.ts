/**
 * One request may meet two guards of the same circuit, if an adapter wraps another one. The outer
 * guard lays its permit down on the config; the inner one takes it up, and counts what it really
 * sent. The outer one counts only what nobody took up.
 */
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Permit } from '../circuit/types.js'
import { property } from '../property.js'

/** Enumerable, as wrappers hand on copies. Its fields are private: a config that is printed shows none. */
const PASSAGE = Symbol('axios-breaker.passage')

/** A class, as axios clones plain objects when it merges a config. */
export class Passage {
  readonly #circuit: ManagedCircuit
  readonly #adapter: object
  /** Another circuit's, on the same request. */
  readonly #around: Passage | undefined
  #permit: Permit | undefined
  #ended = false

  private constructor(
    circuit: ManagedCircuit,
    adapter: object,
    permit: Permit,
    around: Passage | undefined,
  ) {
    this.#circuit = circuit
    this.#adapter = adapter
    this.#permit = permit
    this.#around = around
  }

  /** None if a wrapper has sealed the config: an inner guard then asks for itself. */
  static open(
    config: object,
    circuit: ManagedCircuit,
    adapter: object,
    permit: Permit,
  ): Passage | undefined {
    const marked = config as { [PASSAGE]?: Passage }
    const outer = passageOn(config)
    const around = outer && !outer.#ended ? outer : undefined
    const passage = new Passage(circuit, adapter, permit, around)
    try {
      marked[PASSAGE] = passage
      return passage
    } catch {
      return undefined
    }
  }

  /** The permit of a guard further out, to be recorded by the one that takes it. */
  static take(config: object, circuit: ManagedCircuit): Permit | undefined {
    const passage = Passage.#find(config, circuit)
    if (!passage || passage.#ended) return undefined
    const permit = passage.#permit
    passage.#permit = undefined
    return permit
  }

  /** The adapter that the guard further out is put round. */
  static adapterAround(config: object, circuit: ManagedCircuit): object | undefined {
    const passage = Passage.#find(config, circuit)
    return passage && !passage.#ended ? passage.#adapter : undefined
  }

  /** @returns the permit, unless a guard further in has taken it */
  end(): Permit | undefined {
    this.#ended = true
    return this.#permit
  }

  /** Whether an answer, or an error, is that of an earlier request: an adapter keeps it, or shares it. */
  isForeign(answer: unknown, own: object): boolean {
    const carried = property(answer, 'config')
    if (carried === own || typeof carried !== 'object' || carried === null) return false
    const passage = Passage.#find(carried, this.#circuit)
    return passage !== undefined && passage !== this
  }

  static #find(config: object, circuit: ManagedCircuit): Passage | undefined {
    let passage = passageOn(config)
    while (passage && passage.#circuit !== circuit) passage = passage.#around
    return passage
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
