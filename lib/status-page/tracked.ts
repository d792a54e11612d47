/** A circuit on the page: its own state, and what the page has seen of its requests. */
import type { CircuitEvents } from '../circuit/events.js'
import type { FailureReason } from '../circuit/types.js'
import type { ObservedCircuit } from '../observe/observed.js'
import { Recent, type Result } from './recent.js'

export interface LastError {
  /** The code from the event. It is left out if it is not a plain word, since it may then hold anything. */
  readonly code: string | undefined
  readonly status: number | undefined
  /** True if the request took too long. */
  readonly slow: true | undefined
  readonly at: Date
}

/** A moment by the wall clock. It stays where it is if the clocks that it is read from differ a little. */
class Moment {
  #at: Date | undefined;

  /** @param seconds from now on; undefined if there is no such moment */
  in(seconds: number | undefined): Date | undefined {
    if (seconds === undefined) return (this.#at = undefined)
    const at = Date.now() + seconds * MS_PER_SECOND
    const before = this.#at?.getTime() ?? 0
    if (Math.abs(at - before) >= TOLERANCE) this.#at = new Date(at)
    return this.#at
  }
}

/** The requests that a rate is made of. */
export type Rate = NonNullable<ObservedCircuit['failureRate']>

/**
 * How many milliseconds a moment may shift without counting as a change: clocks are read at different moments.
 */
const TOLERANCE = 100
const MS_PER_SECOND = 1000
const CODE = /^[\w.-]{1,64}$/

export class Tracked {
  /** Identifies the row, even if circuits of the same name come and go. */
  readonly id: number
  readonly circuit: ObservedCircuit
  readonly recent = new Recent()
  lastError: LastError | undefined
  #rateAtOpening: Rate | undefined
  readonly #retryAt = new Moment()
  readonly #forcedUntil = new Moment()
  #seen = ''
  /** The failures that were seen while the circuit was quiet; undefined if it was not. */
  #quietFailures: number | undefined

  constructor(id: number, circuit: ObservedCircuit) {
    this.id = id
    this.circuit = circuit
    this.hasChanged()
  }

  /** The rate that opened the circuit, which the circuit itself has forgotten; undefined if none did. */
  get rateAtOpening(): Rate | undefined {
    return this.circuit.cause === 'rate' ? this.#rateAtOpening : undefined
  }

  /** Seconds until a new attempt is allowed; 0 if somebody has to release the circuit first. */
  get retryAfter(): number {
    const { forced, retryAfter } = this.circuit
    return forced?.state === 'opened' ? (forced.endsIn ?? 0) : retryAfter
  }

  /** When a new attempt is allowed, by the wall clock; undefined unless the circuit is opened. */
  get retryAt(): Date | undefined {
    return this.#retryAt.in(this.retryAfter || undefined)
  }

  /** When the force ends, by the wall clock; undefined if it stays until it is lifted, or there is none. */
  get forcedUntil(): Date | undefined {
    return this.#forcedUntil.in(this.circuit.forced?.endsIn)
  }

  record(result: Result, reason?: FailureReason): void {
    this.recent.add(result)
    if (result === 'failure' || result === 'slow') this.fail(reason ?? {})
  }

  fail({ code = '', status, slow }: FailureReason): void {
    this.lastError = { code: CODE.test(code) ? code : undefined, status, slow, at: new Date() }
  }

  move({ to, failureRate }: CircuitEvents['stateChanged']): void {
    if (to === 'opened') this.#rateAtOpening = failureRate
  }

  /**
   * Whether the circuit changed since the last call. No event reports that a ttl has passed, that requests
   * have left the window, that the fleet reopened a circuit that is opened here, or how many failures the
   * fleet has counted.
   */
  hasChanged(): boolean {
    const before = this.#quietFailures
    this.#quietFailures = this.#isQuiet ? this.circuit.failureCount : undefined
    const isStillQuiet = before !== undefined && before === this.#quietFailures
    return !isStillQuiet && this.#hasOtherValues()
  }

  /** Whether no time runs: most circuits are quiet, most of the time, and looking at them must cost little. */
  get #isQuiet(): boolean {
    const { state, forced, failureRate, window } = this.circuit
    const isTimed = typeof window === 'number' && failureRate?.requests !== 0
    return state === 'closed' && !forced && !isTimed
  }

  #hasOtherValues(): boolean {
    const { state, failureCount, failureRate, cause, round, forced } = this.circuit
    const moments = [this.retryAt?.getTime(), this.forcedUntil?.getTime()]
    const force = [forced?.state, forced?.by, forced?.reason]
    const seen = JSON.stringify([state, failureCount, failureRate, cause, round, moments, force])
    if (seen === this.#seen) return false
    this.#seen = seen
    return true
  }
}
