/**
 * When a closed circuit opens. A rule counts the results of one circuit; the circuit's machine asks it
 * about each result, and starts it anew with each epoch. The clock is an argument, in monotonic seconds.
 */
import type { CircuitState } from '../types.js'
import type { FailureRateReading, OpeningCause } from './terms.js'

export interface Opening {
  /** The value of `circuit.failureCount`. */
  readonly failureCount: number
  /** Whether a success would change anything. If not, the machine neither reads the clock nor reports it. */
  readonly needsSuccesses: boolean
  /** Counts a success. @returns what opens the circuit, if anything does */
  success(now: number): OpeningCause | undefined
  /** Counts a failure. @returns what opens the circuit, if anything does */
  failure(now: number): OpeningCause | undefined
  /** What `circuit.failureRate` shows, if the rule has a rate. */
  rateAt?(now: number): FailureRateReading
  /**
   * A new epoch in this state begins: what was counted before counts no more.
   *
   * @param cause what opened the circuit last; undefined if it is unknown
   */
  reset(state: CircuitState, cause?: OpeningCause): void
}
