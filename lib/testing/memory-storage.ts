/**
 * A shared storage in the memory of the process, for tests of code that shares circuits. It needs no Redis.
 */
import { monotonic } from '../internal/clock.js'
import { resolveSharing, sharingShape, type SharingOptions } from '../fleet/sharing.js'
import { EACH_BREAKER, shareThrough, type Connect, type SharedStorage } from '../fleet/storage.js'
import type { Answer, Connection, ConnectionListener, Question } from '../storage/contract.js'
import type { ForceAnswer, ForceQuestion } from '../storage/forces.js'
import { functionField, parse, type Shape } from '../internal/validation.js'
import { decide } from '../storage/rules/decide.js'
import { decideForces } from '../storage/rules/forces.js'
import type { Kept } from '../storage/rules/kept.js'
import type { KeptForces } from '../storage/rules/kept-forces.js'

const DOWN = 'The storage is down'

export interface MemoryStorageOptions extends SharingOptions {
  /** The storage's own clock, in seconds. Default: monotonic time. */
  readonly now?: (() => number) | undefined
}

/**
 * Breakers that use the same `MemoryStorage` share their circuits, as processes do through Redis.
 * Each breaker stands for a process, and is a reporter of its own unless you set `reporter`.
 */
export class MemoryStorage implements SharedStorage {
  readonly connect: Connect = (listener) => this.#connect(listener)
  /** @internal */
  readonly join: SharedStorage['join']
  readonly #now: () => number
  readonly #circuits = new Map<string, Kept>()
  #forces: KeptForces | undefined
  readonly #listeners = new Set<ConnectionListener>()
  #isDown = false

  /** @throws ConfigError */
  constructor(options: MemoryStorageOptions = {}) {
    const { now, ...sharing } = parse(shape(), options, 'options of MemoryStorage')
    this.join = shareThrough(this.connect, resolveSharing(sharing, EACH_BREAKER)).join
    this.#now = now ?? monotonic
  }

  /** Makes the storage answer nobody, like a Redis that is down. It keeps its data. */
  goDown(reason = 'The storage is down'): void {
    this.#isDown = true
    for (const listener of this.#listeners) listener.lost(reason, true)
  }

  /** Makes the storage answer again. */
  comeBack(): void {
    this.#isDown = false
    for (const listener of this.#listeners) listener.resumed()
  }

  /** Loses all data, like a Redis that is flushed or restarted without persistence. */
  forget(): void {
    this.#circuits.clear()
    this.#forces = undefined
  }

  #connect(listener: ConnectionListener): Connection {
    this.#listeners.add(listener)
    const isUp = (): boolean => !this.#isDown && this.#listeners.has(listener)
    return {
      ready: this.#isDown ? Promise.reject(new Error(DOWN)) : Promise.resolve(),
      get isUp() {
        return isUp()
      },
      ask: async (question) => this.#ask(question, isUp()),
      forces: async (question) => this.#askForForces(question, isUp()),
      circuits: async () => [...this.#circuits.keys()],
      close: async () => void this.#listeners.delete(listener),
    }
  }

  #ask(question: Question, isUp: boolean): Answer {
    if (!isUp) throw new Error(DOWN)
    const { circuit, process } = question
    const { kept, answer, changed } = decide(this.#circuits.get(circuit), question, this.#now())
    if (kept) this.#circuits.set(circuit, kept)
    if (changed) this.#publish((listener) => listener.pushed(circuit, changed, process))
    return answer
  }

  #askForForces(question: ForceQuestion, isUp: boolean): ForceAnswer {
    if (!isUp) throw new Error(DOWN)
    const { kept, answer, changed } = decideForces(this.#forces, question, this.#now())
    this.#forces = kept
    if (changed !== undefined) this.#publish((listener) => listener.forcesChanged?.(changed))
    return answer
  }

  /** The answer comes first: no listener learns of a change while it is being made. */
  #publish(message: (listener: ConnectionListener) => void): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) message(listener)
    })
  }
}

function shape() {
  return {
    ...sharingShape(),
    now: functionField<() => number>(),
  } satisfies Shape<MemoryStorageOptions>
}
