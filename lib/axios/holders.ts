/**
 * The instances that one circuit is attached to. Weakly: one that is dropped is collected, with all that
 * its interceptors hold. The circuit is held by its instances, and not the other way round.
 */
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { warnOnce } from '../complain.js'
import type { Attachable } from './instance.js'
import { intercept, type Interception } from './intercept.js'

/** As many references are kept before the first sweep. */
const FEW = 64
/** More breakers than that on one instance are taken for a mistake. */
const MANY_BREAKERS = 10

const WARNING =
  'More than 10 breakers are attached to one axios instance, and each of its requests passes all of them. ' +
  'Make one breaker for the process, and not one for each request or component'

/** Over all breakers. */
const breakersOn = new WeakMap<Attachable, number>()

export class Holders {
  readonly #releases = new WeakMap<Attachable, () => void>()
  #references: WeakRef<Attachable>[] = []
  #limit = FEW

  add(instance: Attachable, circuit: ManagedCircuit, interception: Interception): void {
    this.#releases.set(instance, intercept(instance, circuit, interception))
    if (this.#references.length >= this.#limit) this.#sweep()
    this.#references.push(new WeakRef(instance))
    count(instance, 1)
  }

  /** @returns whether it was one of them */
  remove(instance: Attachable): boolean {
    const release = this.#releases.get(instance)
    if (!release) return false
    this.#releases.delete(instance)
    release()
    count(instance, -1)
    return true
  }

  clear(): void {
    for (const reference of this.#references) {
      const instance = reference.deref()
      if (instance) this.remove(instance)
    }
    this.#references = []
  }

  /** Once they have doubled, so that attaching costs the same however many there are. */
  #sweep(): void {
    this.#references = this.#references.filter((reference) => {
      const instance = reference.deref()
      return instance !== undefined && this.#releases.has(instance)
    })
    this.#limit = Math.max(FEW, this.#references.length * 2)
  }
}

function count(instance: Attachable, change: number): void {
  const breakers = (breakersOn.get(instance) ?? 0) + change
  breakersOn.set(instance, breakers)
  if (breakers > MANY_BREAKERS) warnOnce(instance, WARNING)
}
