/** An operator's word, which stands before what a circuit decides by itself. Times are in seconds. */

/** `opened` refuses every request; `closed` lets every request through, as a dry run does. */
export type ForcedState = 'opened' | 'closed'

export interface ForceOptions {
  /** Seconds after which the force ends by itself; above 0, at most 2147483. Default: it stays until it is lifted. */
  readonly for?: number | undefined
  /** Who forces the circuit; at most 200 characters. Errors, events and the status page show it. */
  readonly by?: string | undefined
  /** Why; at most 200 characters. Shown like `by`. */
  readonly reason?: string | undefined
}

/** A force that was asked for. Its options are checked. */
export interface GivenForce extends ForceOptions {
  readonly state: ForcedState
}

/** A force, as `circuit.forced`, events and errors show it. */
export interface Forced {
  readonly state: ForcedState
  readonly by?: string
  readonly reason?: string
  /** Seconds until the force ends, in whole milliseconds; left out if it stays until it is lifted. */
  readonly endsIn?: number
}

/** A force that stands. */
export interface StandingForce {
  readonly state: ForcedState
  readonly by?: string | undefined
  readonly reason?: string | undefined
  /** By the breaker's clock, in monotonic seconds; Infinity if it stays until it is lifted. */
  readonly until: number
}
