/** A shared storage in the process's own memory, for tests of code that shares circuits: no Redis needed. */
import { monotonic } from '../internal/clock.js'
import { resolveSharing, sharingShape, type SharingOptions } from '../fleet/sharing.js'
import { EACH_BREAKER, shareThrough, type Connect, type SharedStorage } from '../fleet/storage.js'
import type { Answer, Connection, ConnectionListener, Question } from '../storage/contract.js'
import { functionField, parse, type Shape } from '../internal/validation.js'
import { decide } from '../storage/rules/decide.js'
import type { Kept } from '../storage/rules/kept.js'

export interface MemoryStorageOptions extends SharingOptions {
  /** The storage's own clock, in seconds. Default: monotonic time. */
  readonly now?: (() => number) | undefined
}

/**
 * Breakers that are given the same `MemoryStorage` share their circuits, as processes do through Redis.
 * Each of them stands for a process: unless `reporter` is given, each is a reporter of its own.
 */
export class MemoryStorage implements SharedStorage {
  readonly connect: Connect = (listener) => this.#connect(listener)
  /** @internal */
  readonly join: SharedStorage['join']
  readonly #now: () => number
  readonly #circuits = new Map<string, Kept>()
  readonly #listeners = new Set<ConnectionListener>()
  #isDown = false

  /** @throws ConfigError */
  constructor(options: MemoryStorageOptions = {}) {
    const { now, ...sharing } = parse(shape(), options, 'options of MemoryStorage')
    this.join = shareThrough(this.connect, resolveSharing(sharing, EACH_BREAKER)).join
    this.#now = now ?? monotonic
  }

  /** From now on, it answers nobody, as Redis does when it is down. It keeps what it has. */
  goDown(reason = 'The storage is down'): void {
    this.#isDown = true
    for (const listener of this.#listeners) listener.lost(reason, true)
  }

  /** It answers again. */
  comeBack(): void {
    this.#isDown = false
    for (const listener of this.#listeners) listener.resumed()
  }

  /** Loses everything, as Redis does when it is flushed or restarted without its data. */
  forget(): void {
    this.#circuits.clear()
  }

  #connect(listener: ConnectionListener): Connection {
    this.#listeners.add(listener)
    const isUp = (): boolean => !this.#isDown && this.#listeners.has(listener)
    return {
      ready: this.#isDown ? Promise.reject(new Error('The storage is down')) : Promise.resolve(),
      get isUp() {
        return isUp()
      },
      ask: async (question) => this.#ask(question, isUp()),
      close: async () => void this.#listeners.delete(listener),
    }
  }

  #ask(question: Question, isUp: boolean): Answer {
    if (!isUp) throw new Error('The storage is down')
    const { circuit, process } = question
    const { kept, answer, changed } = decide(this.#circuits.get(circuit), question, this.#now())
    if (kept) this.#circuits.set(circuit, kept)
    if (changed) {
      // Not before the answer: nobody hears of a change while it is being made.
      queueMicrotask(() => {
        for (const listener of this.#listeners) listener.pushed(circuit, changed, process)
      })
    }
    return answer
  }
}

function shape() {
  return {
    ...sharingShape(),
    now: functionField<() => number>(),
  } satisfies Shape<MemoryStorageOptions>
}
