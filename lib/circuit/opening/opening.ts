/**
 * When a closed circuit opens. A rule counts the results of one circuit; the circuit's machine asks it
 * about each result, and starts it anew with each epoch. The clock is an argument, in monotonic seconds.
 */
import type { CircuitState } from '../types.js'
import type { FailureRateReading } from './terms.js'

export interface Opening {
  /** The value of `circuit.failureCount`. */
  readonly failureCount: number
  /** Whether a success would change anything. If not, the machine neither reads the clock nor reports it. */
  readonly needsSuccesses: boolean
  /** Counts a success. @returns whether the circuit opens */
  success(now: number): boolean
  /** Counts a failure. @returns whether the circuit opens */
  failure(now: number): boolean
  /** What `circuit.failureRate` shows, if the rule has a rate. */
  rateAt?(now: number): FailureRateReading
  /** A new epoch in this state begins: what was counted before counts no more. */
  reset(state: CircuitState): void
}
