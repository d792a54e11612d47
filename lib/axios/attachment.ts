/**
 * A circuit, and the instances that it is attached to. It knows them weakly: one that is dropped is
 * collected, with all that its interceptors hold. The instances hold the circuit, not the other way round.
 */
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { warnOnce } from '../complain.js'
import { intercept, type Interception } from './intercept.js'
import type { Attachable } from './instance.js'

/** More on one instance are taken for a mistake. */
const MANY_BREAKERS = 10
const WARNING =
  'More than 10 breakers are on one axios instance: make one for the process, not for each request'

/** As many references are kept before the first sweep. */
const FEW = 64

/** An attachment to one instance. */
interface Holding {
  readonly attachment: Attachment<Interception>
  readonly release: () => void
}

/** Of all breakers. */
const holdings = new WeakMap<Attachable, readonly Holding[]>()

export class Attachment<Options extends Interception> {
  readonly breaker: object
  readonly circuit: ManagedCircuit
  readonly options: Options
  #references: WeakRef<Attachable>[] | undefined
  #limit = FEW

  constructor(breaker: object, circuit: ManagedCircuit, options: Options) {
    this.breaker = breaker
    this.circuit = circuit
    this.options = options
  }

  add(instance: Attachable): void {
    const release = intercept(instance, this.circuit, this.options)
    // A spread would reserve memory for more, and most instances have one.
    const held = holdingsOf(instance).concat({ attachment: this, release })
    holdings.set(instance, held)
    this.#refer(new WeakRef(instance))
    if (held.length > MANY_BREAKERS) warnOnce(instance, WARNING)
  }

  remove(instance: Attachable): void {
    const others = holdingsOf(instance).filter(({ attachment, release }) => {
      if (attachment === this) release()
      return attachment !== this
    })
    holdings.set(instance, others)
  }

  clear(): void {
    for (const instance of instancesOf(this.#references)) this.remove(instance)
    this.#references = undefined
  }

  /** Swept once they have doubled, so that attaching costs the same however many there are. */
  #refer(reference: WeakRef<Attachable>): void {
    if (!this.#references) {
      // Not grown in place: that reserves memory, and most circuits have one instance.
      this.#references = [reference]
      return
    }
    if (this.#references.length >= this.#limit) {
      this.#references = this.#references.filter((known) => known.deref())
      this.#limit = Math.max(FEW, this.#references.length * 2)
    }
    this.#references.push(reference)
  }
}

/** The name of the circuit that this breaker has attached to the instance. */
export function circuitOn(instance: Attachable, breaker: object): string | undefined {
  const holding = holdingsOf(instance).find(({ attachment }) => attachment.breaker === breaker)
  return holding?.attachment.circuit.name
}

function holdingsOf(instance: Attachable): readonly Holding[] {
  return holdings.get(instance) ?? []
}

function instancesOf(references: readonly WeakRef<Attachable>[] = []): readonly Attachable[] {
  return references.flatMap((reference) => reference.deref() ?? [])
}
