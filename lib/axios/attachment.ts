/**
 * A circuit, and the instances that it is attached to. It refers to them weakly, so an instance that the app
 * drops is collected with all that its interceptors hold. Instances hold the circuit, not the other way round.
 */
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { warnOnce } from '../internal/warnings.js'
import { intercept, type Interception } from './intercept.js'
import type { Attachable } from './instance.js'

/** More breakers than this on one instance are probably a mistake. */
const MANY_BREAKERS = 10
const WARNING =
  'More than 10 breakers are on one axios instance. Create one breaker and use it for all requests'

/** An attachment to one instance. */
interface Holding {
  readonly attachment: Attachment<Interception>
  readonly release: () => void
}

/** The attachments of all breakers, by instance. */
const holdings = new WeakMap<Attachable, readonly Holding[]>()

export class Attachment<Options extends Interception> {
  readonly breaker: object
  readonly circuit: ManagedCircuit
  readonly options: Options
  #references: WeakRef<Attachable>[] | undefined
  #next = 0

  constructor(breaker: object, circuit: ManagedCircuit, options: Options) {
    this.breaker = breaker
    this.circuit = circuit
    this.options = options
  }

  /** @param options may contain an equal function with another identity: each instance calls its own */
  add(instance: Attachable, options: Options): void {
    const release = intercept(instance, this.circuit, options)
    // A spread would reserve memory for more, but most instances have one.
    const held = holdingsOf(instance).concat({ attachment: this, release })
    holdings.set(instance, held)
    this.#refer(new WeakRef(instance))
    if (held.length > MANY_BREAKERS) warnOnce(instance, 'breakers', WARNING, 'error')
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

  /** Each addition checks two others and drops those that are gone, so that no sweep takes long. */
  #refer(reference: WeakRef<Attachable>): void {
    // The first one makes a new array: growing one reserves memory, but most circuits have one instance.
    const references = (this.#references ??= [reference])
    if (references[0] === reference) return
    references.push(reference)
    for (let looks = 0; looks < 2; looks += 1) {
      this.#next = (this.#next + 1) % references.length
      if (references[this.#next]?.deref()) continue
      // The last one takes the free place, unless that is its own.
      const last = references.pop()
      if (last && this.#next < references.length) references[this.#next] = last
    }
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
