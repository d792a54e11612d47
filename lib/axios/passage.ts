/**
 * A request that was let through, until its end is recorded.
 *
 * One request may meet two guards of the same circuit, if an adapter wraps another one. The outer
 * guard lays its passage down on the config; the inner one takes the permit up, and counts what it
 * really sent. The outer one counts only what nobody took up.
 */
import type { AxiosAdapter } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Permit } from '../circuit/types.js'
import { isCachedAnswer } from './cached.js'
import { isKeeper } from './hit.js'
import { judgeResult, type JudgeOutcome } from './judge.js'
import { withReason, type AttemptResult } from './outcome.js'

const MS_PER_SECOND = 1000

/** Enumerable, as wrappers hand on copies. Its fields are private: a config that is printed shows none. */
const PASSAGE = Symbol('axios-breaker.passage')

/** A class, as axios clones plain objects when it merges a config. */
export class Passage {
  readonly #circuit: ManagedCircuit
  readonly #judge: JudgeOutcome | undefined
  /** If somebody hears of attempts: reading the clock costs. */
  readonly #startedAt: number | undefined
  /** Until somebody takes it. */
  #permit: Permit | undefined
  /** Somebody else's, within which the circuit may be asked again. */
  #adapter: AxiosAdapter | undefined
  /** Another circuit's, on the same request. */
  #around: Passage | undefined

  constructor(permit: Permit, circuit: ManagedCircuit, judge: JudgeOutcome | undefined) {
    this.#circuit = circuit
    this.#judge = judge
    this.#startedAt = circuit.tellsAttempts ? performance.now() : undefined
    this.#permit = permit
    this.#adapter = undefined
    this.#around = undefined
  }

  /** @param outer what lies there: another circuit's, or one that was taken */
  layDown(config: object, adapter: AxiosAdapter, outer: Passage | undefined): void {
    this.#adapter = adapter
    if (outer && outer.#permit) this.#around = outer
    try {
      ;(config as { [PASSAGE]?: Passage })[PASSAGE] = this
    } catch {
      // A wrapper has sealed the config: an inner guard asks for itself.
    }
  }

  /** The passage to this circuit: the given one, or one that it is within. */
  static to(circuit: ManagedCircuit, passage: Passage | undefined): Passage | undefined {
    let found = passage
    while (found && found.#circuit !== circuit) found = found.#around
    return found
  }

  /** @returns the permit, to be recorded by the one that takes it */
  take(): Permit | undefined {
    const permit = this.#permit
    this.#permit = undefined
    return permit
  }

  /** Within the adapter the circuit is asked: from now on the outer guard leaves it to that. */
  leave(): void {
    if (this.#permit && this.#adapter) this.#circuit.leaveTo(this.#adapter)
  }

  /** Records how the request ended, unless somebody took the permit to do so. */
  end(result: AttemptResult): void {
    const permit = this.take()
    if (!permit) return
    const outcome = this.#isKept(result) ? 'ignored' : judgeResult(result, this.#judge)
    const reason = outcome === 'failure' ? withReason(result, {}) : undefined
    const circuit = this.#circuit
    circuit.record(permit, outcome, reason)
    if (this.#startedAt === undefined) return
    const duration = (performance.now() - this.#startedAt) / MS_PER_SECOND
    const { method = 'get' } = result.config
    const { probe } = permit
    circuit.tellAttempt(
      withReason(result, { circuit: circuit.name, outcome, probe, method, duration }),
    )
  }

  /** Whether an answer, or an error, is one that an adapter keeps, or shares: marked, or an earlier request's. */
  #isKept({ response, error, config }: AttemptResult): boolean {
    if (!this.#adapter) return false
    const answer = response ?? error
    const isKept = isCachedAnswer(answer) || this.#isForeign(configOf(answer), config)
    if (isKept) isKeeper(this.#adapter)
    return isKept
  }

  #isForeign(carried: unknown, own: object): boolean {
    if (carried === own || typeof carried !== 'object' || carried === null) return false
    const passage = Passage.to(this.#circuit, passageOn(carried))
    return passage !== undefined && passage !== this
  }

  static isPassage(value: unknown): value is Passage {
    return typeof value === 'object' && value !== null && #circuit in value
  }
}

/** What lies on a config. Clones of a passage, as deep copies of a config hold them, are none. */
export function passageOn(config: object): Passage | undefined {
  const passage = (config as { readonly [PASSAGE]?: unknown })[PASSAGE]
  return Passage.isPassage(passage) ? passage : undefined
}

/** By name, as each request comes by: `property`, for all names, costs it more. */
function configOf(answer: unknown): unknown {
  try {
    return (answer as { readonly config?: unknown } | null | undefined)?.config
  } catch {
    return undefined
  }
}
