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
  /** Of a request that is no probe: no later than its start. Many requests share a permit. */
  readonly grantedAt: number
  /** Whether the request asks a half-opened circuit's question: is the service back? */
  readonly probe: boolean
}

export interface Refusal {
  readonly admitted: false
  readonly state: 'opened' | 'half-opened'
  /** Seconds until a new attempt is allowed; 0 while half-opened, where the running probe decides. */
  readonly retryAfter: number
}

/** Nothing was decided: the storage that decides was never connected. */
export interface Unready {
  readonly admitted: false
  readonly state: 'not-initialized'
}

export type Admission = Permit | Refusal | Unready

/** What decides for a circuit: the rules of this process alone, or with those of a shared storage. */
export interface Machine {
  /** The state as last decided: an opened circuit whose ttl has passed waits for a request. */
  readonly decidedState: CircuitState
  /** The state that the next request meets. */
  readonly state: CircuitState
  readonly failureCount: number
  readonly retryAfter: number
  /** A promise only where a shared storage must be asked first. */
  admit(): Admission | Promise<Admission>
  /** False where the result came too late to say anything: its epoch or its permit is over. */
  record(permit: Permit, outcome: Outcome): boolean
  /** Nobody will ask again: what was subscribed to for this circuit can go. */
  release?(): void
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

/** An attempt that has ended: sent, and answered or not. */
export interface Attempt extends FailureReason {
  readonly circuit: string
  readonly outcome: Outcome
  readonly probe: boolean
  /** The HTTP method, as axios writes it: in small letters. */
  readonly method: string
  /** Seconds from the dispatch to the answer's end. */
  readonly duration: number
}

/** Everything that is told of circuits and of their storage. No event carries a URL, a header, a parameter or a body. */
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
  /** An attempt ended, counted or not. */
  attempted: Attempt
  /** The circuit was taken off its instances. */
  detached: { readonly circuit: string }
  /** The storage cannot be used: from here on each process goes by its own results. Told once. */
  storageLost: { readonly reason: string }
  /** The storage can be used again; `lostFor` in seconds. Told once. */
  storageRestored: { readonly lostFor: number }
  /** The storage answered a command, or refused it; `duration` in seconds. */
  storageAnswered: { readonly duration: number }
}

export type Publish = <Name extends keyof CircuitEvents>(
  name: Name,
  event: CircuitEvents[Name],
) => void

export interface Publisher {
  readonly publish: Publish
  /** Whether anyone listens: what nobody hears need not be made. */
  hears(name: keyof CircuitEvents): boolean
}

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
