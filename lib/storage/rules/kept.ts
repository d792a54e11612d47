/** What a storage keeps of a circuit: plain data, which JSON keeps whole. Moments are seconds of the storage's clock. */
import type { OpeningCause } from '../../circuit/opening/terms.js'
import type { CircuitState, FailureReason } from '../../circuit/types.js'
import { EMPTY_POOL, type Pool } from './opening/pool.js'

/** A permit that a probe holds. It ends `lease` seconds after `at`. */
export interface HeldPermit {
  readonly token: string
  readonly at: number
  readonly lease: number
  /**
   * Set if the probe's end decides nothing: its epoch is over, it was counted in flight, or this permit is only the
   * place of a probe that has none, or none any more.
   */
  readonly isEarlier?: boolean | undefined
}

/** The newest evidence of one process. */
export interface Reported {
  readonly process: string
  readonly reporter: string
  /** The process's own failures in a row. */
  readonly failures: number
  /** When the newest of them happened. */
  readonly at: number
  /** Seconds that the service asked to be left alone, if the failures have opened the process's own circuit. */
  readonly retryAfter?: number | undefined
}

export interface Kept {
  readonly version: number
  readonly epoch: number
  readonly state: CircuitState
  /** The failures that opened the circuit; 0 if it is closed. */
  readonly failureCount: number
  /** When the circuit opened last. */
  readonly openedAt: number
  /** What opened it then; undefined if nobody knows. */
  readonly cause?: OpeningCause | undefined
  /** The epoch that began then, which decides the jitter. */
  readonly seed: number
  /**
   * The epoch, if a process has restored the outage. Other processes may know of a newer epoch, which the storage has
   * lost: so a transition of this outage begins the next epoch, and not one of now.
   */
  readonly restored?: number | undefined
  /** Which of its rounds of probes it waited for. */
  readonly round: number
  /** Seconds for which the service asked to be left alone then; 0 if it did not. */
  readonly retryAfter: number
  /** When the circuit closed last. */
  readonly closedAt: number
  /** Of the probes of this epoch. */
  readonly successes: number
  readonly failures: number
  /** The longest time, in seconds, for which a failed one of them was told to leave the service alone. */
  readonly probesRetryAfter: number
  readonly lastFailure?: FailureReason | undefined
  /** What may open it, one entry for each process. */
  readonly evidence: readonly Reported[]
  readonly permits: readonly HeldPermit[]
  /** What may open it by the rate of the whole fleet. */
  readonly pool: Pool
}

/** A circuit of which nothing is kept. */
export const UNKNOWN: Kept = {
  version: 0,
  epoch: 0,
  state: 'closed',
  failureCount: 0,
  openedAt: 0,
  seed: 0,
  round: 1,
  retryAfter: 0,
  closedAt: 0,
  successes: 0,
  failures: 0,
  probesRetryAfter: 0,
  evidence: [],
  permits: [],
  pool: EMPTY_POOL,
}
