/** The words in which circuits are spoken of. Every time is in seconds, as in the HTTP header Retry-After. */

export type CircuitState = 'closed' | 'opened' | 'half-opened'

/** What an attempt proves about the service; `ignored` proves nothing. */
export type Outcome = 'success' | 'failure' | 'ignored'

export interface Rules {
  /** Consecutive failures that open the circuit. */
  readonly threshold: number
  /** How long the circuit stays opened. */
  readonly ttl: number
  /** Probes in flight at once while half-opened. */
  readonly permits: number
  /** After this long a probe that has not ended loses its permit to the next request. */
  readonly probeTimeout: number
}

/** The right to send one request. It is compared by identity: each probe has its own. */
export interface Permit {
  readonly admitted: true
  /** The epoch in which the request was admitted: its outcome counts in no other. */
  readonly epoch: number
  readonly grantedAt: number
}

export interface Refusal {
  readonly admitted: false
  readonly state: 'opened' | 'half-opened'
  /** Seconds until a new attempt is allowed; 0 while half-opened, where the running probe decides. */
  readonly retryAfter: number
}

/** What is known about a failure beyond the fact. Nothing of the request or the answer itself. */
export interface FailureReason {
  /** The error's code, like `ECONNREFUSED`. */
  readonly code?: string
  /** The HTTP status, where there was one. */
  readonly status?: number
}

/** Where a transition was decided: by this process's own results, or by the shared storage. */
export type Origin = 'local' | 'shared'

/** Everything that is told of circuits. No event carries a URL, a header, a parameter or a body. */
export interface CircuitEvents {
  /** A circuit was attached under a new name. */
  created: { readonly circuit: string }
  /** The circuit moved. `half-opened` is told when the first probe is let through. */
  stateChanged: {
    readonly circuit: string
    readonly from: CircuitState
    readonly to: CircuitState
    readonly origin: Origin
  }
  /** A failure was counted. Results of an earlier epoch are not counted, and not told. */
  failed: { readonly circuit: string; readonly failureCount: number } & FailureReason
  /** A success ended a series of failures. */
  recovered: { readonly circuit: string }
  /** A request was refused. */
  rejected: {
    readonly circuit: string
    readonly state: 'opened' | 'half-opened'
    readonly retryAfter: number
  }
}

export type Publish = <Name extends keyof CircuitEvents>(
  name: Name,
  event: CircuitEvents[Name],
) => void

/** A circuit as its users see it. */
export interface Circuit {
  readonly name: string
  /**
   * What the next request meets. `half-opened` from the moment the ttl has passed, although the
   * `stateChanged` event waits for the request that notices: no timer runs.
   */
  readonly state: CircuitState
  /** Consecutive failures counted so far; stays at the threshold until the circuit closes. */
  readonly failureCount: number
  /** Seconds until a new attempt is allowed; 0 unless opened. */
  readonly retryAfter: number
  /**
   * Takes the circuit off every axios instance it is attached to, and out of the breaker.
   * Requests in flight still record their outcome. Idempotent.
   */
  detach(): void
}
