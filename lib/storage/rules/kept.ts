/** What a storage keeps of a circuit: plain data, which JSON keeps whole. Moments are seconds of the storage's clock. */
import type { CircuitState, FailureReason } from '../../circuit/types.js'

/** A permit that a probe holds. It ends `lease` seconds after `at`. */
export interface HeldPermit {
  readonly token: string
  readonly at: number
  readonly lease: number
}

/** The newest evidence of one process. */
export interface Reported {
  readonly process: string
  readonly reporter: string
  /** The process's own failures in a row. */
  readonly failures: number
  /** When the newest of them happened. */
  readonly at: number
}

export interface Kept {
  readonly version: number
  readonly epoch: number
  readonly state: CircuitState
  /** The failures that opened the circuit; 0 if it is closed. */
  readonly failureCount: number
  readonly openedAt: number
  readonly lastFailure?: FailureReason | undefined
  /** What may open it, one entry for each process. */
  readonly evidence: readonly Reported[]
  readonly permits: readonly HeldPermit[]
}

/** A circuit of which nothing is kept. */
export const UNKNOWN: Kept = {
  version: 0,
  epoch: 0,
  state: 'closed',
  failureCount: 0,
  openedAt: 0,
  evidence: [],
  permits: [],
}
