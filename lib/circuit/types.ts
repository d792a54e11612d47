/** The words in which circuits are spoken of. Every time is in seconds, as in the HTTP header Retry-After. */

import type { OpeningTerms } from './opening/terms.js'

export type CircuitState = 'closed' | 'opened' | 'half-opened'

/** What an attempt proves about the service; `ignored` proves nothing. */
export type Outcome = 'success' | 'failure' | 'ignored'

export interface Rules extends OpeningTerms {
  /** How long the circuit stays opened. */
  readonly ttl: number
  /** Probes in flight at once while half-opened. */
  readonly permits: number
  /** After this long a probe that has not ended loses its permit to the next request. */
  readonly probeTimeout: number
  /**
   * How long before the end of the ttl a request is let through already. Default 0. Timers count whole
   * milliseconds, so that one which waits for the end may fire up to a millisecond before it.
   */
  readonly grace?: number
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
  readonly lastFailure?: FailureReason | undefined
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
  /** Whether the next request would be let through; where it is left out, `state` has to do. */
  readonly isReady?: boolean
  /** What is known of the last failure beyond this process's own, where that is newer. */
  readonly lastFailure?: FailureReason | undefined
  /** A promise only where a shared storage must be asked first. */
  admit(): Admission | Promise<Admission>
  /** False where the result came too late to say anything: its epoch or its permit is over. */
  record(permit: Permit, outcome: Outcome, reason?: FailureReason): boolean
  /** Says who publishes the transitions that no request has caused. Called once. */
  onMove?(publish: (origin: Origin) => void): void
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

/** Anything that has axios's interceptors: an instance of any copy of axios, or a mock of one. */
export interface Attachable {
  readonly interceptors: {
    readonly request: { readonly use: (...handlers: never[]) => unknown }
    readonly response: { readonly use: (...handlers: never[]) => unknown }
  }
}

/** What `JSON.stringify` and `util.inspect` show of a circuit. */
export interface CircuitReading {
  readonly name: string
  readonly state: CircuitState
  readonly failureCount: number
  readonly retryAfter: number
  readonly lastFailure?: FailureReason | undefined
}
/** What sends a request, as axios's `adapter` option takes it: of any version of axios. */
export type AnyAdapter = (config: never) => Promise<unknown>

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
  /** Seconds until a new attempt is allowed, in whole milliseconds; 0 unless opened. */
  readonly retryAfter: number
  /** The last failure that counted: its code and its HTTP status, where it had them, and nothing else. */
  readonly lastFailure: FailureReason | undefined
  /**
   * Takes the circuit off this axios instance, where it is attached to it; the others keep it. Without
   * an instance, off all of them, and out of the breaker. Requests in flight still record their outcome.
   * Idempotent.
   *
   * @throws ConfigError for a target that is no axios instance
   */
  detach(instance?: Attachable): void
  /**
   * Resolves as soon as a request may be tried: at once while closed, and once its ttl has passed and a
   * permit can be had. Of several that wait for a half-opened circuit one at a time is let go, so that
   * no crowd is refused. Keeps the process alive while it waits.
   *
   * @param options.signal ends the waiting: the promise rejects with the signal's reason
   */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  toJSON(): CircuitReading
  /**
   * Puts the circuit round an adapter that is handed to another one, such as a cache:
   * `cacheAdapterEnhancer(circuit.guard(getAdapter('http')))`. What the cache answers is then neither
   * refused nor counted, and what it sends counts once, also on an instance that the circuit is
   * attached to. Such an instance learns of it by the first request that is sent. After `detach`, the
   * adapter sends without asking.
   *
   * @param adapter a function, such as axios's `getAdapter('http')`
   * @throws ConfigError for anything else
   */
  guard<Adapter extends AnyAdapter>(adapter: Adapter): Adapter
}
