/** A shared storage in the process's own memory, for tests of code that shares circuits: no Redis needed. */
import { monotonic } from '../internal/clock.js'
import { sharingShape, type SharingOptions } from '../fleet/sharing.js'
import { EACH_BREAKER, Storage } from '../fleet/storage.js'
import type { Answer, Connection, ConnectionListener, Question } from '../storage/contract.js'
import { functionField, parse, type Shape } from '../internal/validation.js'
import { Decision, type Kept } from '../storage/rules/rules.js'

export interface MemoryStorageOptions extends SharingOptions {
  /** The storage's own clock, in seconds. Default: monotonic time. */
  readonly now?: (() => number) | undefined
}

/**
 * Breakers that are given the same `MemoryStorage` share their circuits, as processes do through Redis.
 * Each of them stands for a process: unless `reporter` is given, each is a reporter of its own.
 */
export class MemoryStorage extends Storage {
  readonly #now: () => number
  readonly #circuits = new Map<string, Kept>()
  readonly #listeners = new Set<ConnectionListener>()
  #isDown = false

  /** @throws ConfigError */
  constructor(options: MemoryStorageOptions = {}) {
    const { now, ...sharing } = parse(shape(), options, 'options of MemoryStorage')
    super(sharing, EACH_BREAKER)
    this.#now = now ?? monotonic
  }

  connect(listener: ConnectionListener): Connection {
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

  /** From here on it answers nobody, as Redis when it is down. What it knows it keeps. */
  goDown(reason = 'The storage is down'): void {
    this.#isDown = true
    for (const listener of this.#listeners) listener.lost(reason, true)
  }

  /** It answers again. */
  comeBack(): void {
    this.#isDown = false
    for (const listener of this.#listeners) listener.resumed()
  }

  /** Everything is lost, as when Redis is flushed or restarted. */
  forget(): void {
    this.#circuits.clear()
  }

  #ask(question: Question, isUp: boolean): Answer {
    if (!isUp) throw new Error('The storage is down')
    const { circuit, process } = question
    const decision = new Decision(this.#circuits.get(circuit), question, this.#now())
    if (decision.isChanged) this.#circuits.set(circuit, decision.kept)
    const { granted: _granted, ...snapshot } = decision.answer
    if (decision.isNews) {
      // Not before the answer: nobody hears of a change while it is being made.
      queueMicrotask(() => {
        for (const listener of this.#listeners) listener.pushed(circuit, snapshot, process)
      })
    }
    return decision.answer
  }
}

function shape() {
  return {
    ...sharingShape(),
    now: functionField<() => number>(),
  } satisfies Shape<MemoryStorageOptions>
}
