/**
 * An admitted request, until its end is recorded.
 *
 * A request may pass two guards of the same circuit, if an adapter wraps another one. The outer guard leaves
 * its passage on the config. The inner one takes the permit, and counts what was really sent. The outer guard
 * counts only if nobody took the permit.
 */
import type { AxiosAdapter } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Attempt } from '../circuit/events.js'
import type { Outcome, Permit } from '../circuit/types.js'
import { tryCall } from '../internal/property.js'
import { isCachedAnswer } from './cached.js'
import { keeps, learn, noteError } from './hit.js'
import { leaveTo } from './inner-guards.js'
import { judgeResult, type JudgeOutcome } from './judge.js'
import { reasonOf, withReason, type AttemptResult } from './outcome.js'
import { retryAfterOf } from './retry-after.js'

const MS_PER_SECOND = 1000

/** Enumerable, because wrappers copy configs. Its fields are private, so a printed config shows none. */
const PASSAGE = Symbol('axios-breaker.passage')

/** A class, because axios clones plain objects when it merges configs. */
export class Passage {
  readonly #circuit: ManagedCircuit
  readonly #judge: JudgeOutcome | undefined
  /** Set only if attempts have listeners, because reading the clock is expensive. */
  readonly #startedAt: number | undefined
  /** Set until somebody takes it. */
  #permit: Permit | undefined
  /** A foreign adapter that may ask the circuit again. */
  #adapter: AxiosAdapter | undefined
  /** The passage to another circuit on the same request. */
  #around: Passage | undefined

  constructor(permit: Permit, circuit: ManagedCircuit, judge: JudgeOutcome | undefined) {
    this.#circuit = circuit
    this.#judge = judge
    this.#startedAt = circuit.published.hasAttemptListeners ? performance.now() : undefined
    this.#permit = permit
  }

  /** @param outer the passage on the config: another circuit's, or one that was taken, which may have one around it */
  layDown(config: object, adapter: AxiosAdapter | undefined, outer: Passage | undefined): void {
    this.#adapter = adapter
    if (adapter && keeps(adapter) && this.#permit) this.#circuit.inFlight?.share(this.#permit)
    let around = outer
    while (around && !around.#permit) around = around.#around
    this.#around = around
    try {
      ;(config as { [PASSAGE]?: Passage })[PASSAGE] = this
    } catch {
      // A wrapper has sealed the config, so an inner guard asks the circuit itself.
    }
  }

  /** Finds the passage to this circuit: the given one, or one round it. */
  static to(circuit: ManagedCircuit, passage: Passage | undefined): Passage | undefined {
    let found = passage
    while (found && found.#circuit !== circuit) found = found.#around
    return found
  }

  /** @returns the permit, which the caller must record */
  take(): Permit | undefined {
    const permit = this.#permit
    this.#permit = undefined
    return permit
  }

  /** Notes that the adapter asks the circuit itself, so that the outer guard lets its requests through. */
  leave(): void {
    if (this.#permit && this.#adapter) leaveTo(this.#adapter, this.#circuit)
  }

  /** Records how the request ended, unless somebody else took the permit. */
  end(result: AttemptResult): void {
    const permit = this.take()
    if (!permit) return
    const outcome = this.#isKept(result) ? 'ignored' : judgeResult(result, this.#judge)
    const circuit = this.#circuit
    const isSlow =
      outcome === 'failure'
        ? circuit.record(permit, outcome, withReason(result, {}), this.#retryAfterOf(result))
        : circuit.record(permit, outcome)
    if (this.#startedAt !== undefined) this.#publish(result, outcome, isSlow, permit.probe)
  }

  #retryAfterOf({ response }: AttemptResult): number {
    return this.#circuit.needsRetryAfter ? retryAfterOf(response) : 0
  }

  #publish(result: AttemptResult, outcome: Outcome, isSlow: boolean, probe: boolean): void {
    const { name: circuit, published } = this.#circuit
    const duration = (performance.now() - Number(this.#startedAt)) / MS_PER_SECOND
    const { method = 'get' } = result.config
    const attempt: Attempt = isSlow
      ? { circuit, outcome: 'failure', slow: true, probe, method, duration }
      : { circuit, outcome, probe, method, duration }
    published.attempted(withReason(result, attempt))
  }

  /**
   * Whether the adapter cached or shared the answer or error: it is marked, or belongs to an earlier request.
   */
  #isKept({ response, error, config }: AttemptResult): boolean {
    if (!this.#adapter) return false
    const answer = response ?? error
    const isKept = isCachedAnswer(answer) || this.#isForeign(answer, config)
    if (isKept) learn(this.#adapter, true)
    else if (error !== undefined) noteError(error)
    return isKept
  }

  #isForeign(answer: unknown, own: object): boolean {
    const carried = configOf(answer)
    if (carried === own || !carried) return false
    // What the answer carries may be anything, such as a proxy that throws.
    const passage = Passage.to(
      this.#circuit,
      tryCall(() => passageOn(carried)),
    )
    // Requests that the caller has cancelled with one error share it, and no adapter has kept it.
    return passage !== undefined && passage !== this && answer !== reasonOf(own)
  }

  static isPassage(value: unknown): value is Passage {
    return typeof value === 'object' && value !== null && #circuit in value
  }
}

/** Reads the passage on a config. A clone of a passage, in a deep copy of a config, does not count. */
export function passageOn(config: object): Passage | undefined {
  const passage = (config as { readonly [PASSAGE]?: unknown })[PASSAGE]
  return Passage.isPassage(passage) ? passage : undefined
}

/** Reads by name, because this runs for each request and the generic `property` costs more. */
function configOf(answer: unknown): unknown {
  try {
    return (answer as { readonly config?: unknown } | null | undefined)?.config
  } catch {
    return undefined
  }
}
