/** The types that all parts share. Every time is in seconds, as in the HTTP header Retry-After. */

import type { FailureRateReading, OpeningCause, OpeningTerms } from './opening/terms.js'
import type { Growth } from './ttl.js'

export type CircuitState = 'closed' | 'opened' | 'half-opened'

/** What an attempt proves about the service; `ignored` proves nothing. */
export type Outcome = 'success' | 'failure' | 'ignored'

export interface Rules extends OpeningTerms {
  /** How long the circuit stays opened. */
  readonly ttl: number
  /** Of the ttl; false if each opening lasts as long. */
  readonly growth?: Growth | false | undefined
  /** How much longer the service may ask for, by its Retry-After. Default 0: it is not asked. */
  readonly maxRetryAfter?: number | undefined
  /** Probes in flight at once while half-opened. */
  readonly permits: number
  /** How many of how many probes must succeed. Default 1 of 1. */
  readonly probes?: ProbesRule | undefined
  /** After this long a probe that has not ended loses its permit to the next request. */
  readonly probeTimeout: number
  /**
   * Seconds before the end of the ttl from which a request is let through. Default: 0. Timers count whole
   * milliseconds, so a timer for the end may fire up to a millisecond early.
   */
  readonly grace?: number
  /** Seconds after which an attempt is a failure, whatever comes of it; false if it may take its time. */
  readonly slowAfter?: number | false | undefined
  /** Consecutive failures of all processes that open the circuit of a fleet. Default: the threshold. */
  readonly sharedThreshold?: number | undefined
}

export interface ProbesRule {
  readonly needed: number
  readonly of: number
}

/** The right to send one request. Permits are compared by identity: each probe has its own. */
export interface Permit {
  readonly admitted: true
  /** The epoch in which the request was admitted. Its outcome counts only in this epoch. */
  readonly epoch: number
  /** Set unless the request is a probe: a time no later than its start. Many requests share a permit. */
  readonly grantedAt: number
  /** Whether the request is a probe of a half-opened circuit. */
  readonly probe: boolean
}

export interface Refusal {
  readonly admitted: false
  readonly state: 'opened' | 'half-opened'
  /** Seconds until a new attempt is allowed; 0 while half-opened, where the running probe decides. */
  readonly retryAfter: number
  readonly lastFailure?: FailureReason | undefined
}

/** The circuit has a storage, and `init()` was not called. */
export interface Unready {
  readonly admitted: false
  readonly state: 'not-initialized'
}

export type Admission = Permit | Refusal | Unready

/** Decides for a circuit: by the results of this process alone, or together with a shared storage. */
export interface Machine {
  /** The state after the last decision. An opened circuit stays opened after its ttl until a request comes. */
  readonly decidedState: CircuitState
  /** The state that the next request meets. */
  readonly state: CircuitState
  readonly failureCount: number
  /** Undefined if the circuit has no rate. */
  readonly failureRate?: FailureRateReading | undefined
  /** Undefined while it is closed, and where nothing is known of it. */
  readonly opening?: OpeningReading | undefined
  readonly retryAfter: number
  /** Whether the next request would be let through. If it is missing, `state` is used. */
  readonly isReady?: boolean
  /** The last failure of the fleet, if that is newer than this process's own. */
  readonly lastFailure?: FailureReason | undefined
  /** Returns a promise only if a shared storage must be asked first. */
  admit(): Admission | Promise<Admission>
  /**
   * @param retryAfter seconds for which the service asked to be left alone, if it did
   * @returns false where the result came too late to say anything: its epoch or its permit is over
   */
  record(permit: Permit, outcome: Outcome, reason?: FailureReason, retryAfter?: number): boolean
  /** Says who publishes the transitions that no request has caused. Called once. */
  onMove?(publish: (origin: Origin) => void): void
  /** Called after the circuit is detached, to free everything that belongs to it. */
  release?(): void
}

/** How a circuit was opened. */
export interface OpeningReading {
  readonly cause: OpeningCause
  /** 1 for the first opening, and one more for each round of probes that failed. */
  readonly round: number
  /** What was in the window, if the rate of this process opened it: the opening has emptied it. */
  readonly failureRate?: FailureRateReading | undefined
}

/** What is known about a failure beyond the fact. Nothing of the request or the answer itself. */
export interface FailureReason {
  /** The error's code, like `ECONNREFUSED`. */
  readonly code?: string
  /** The HTTP status, if there was one. */
  readonly status?: number
  /** True if the attempt took longer than `slowAfter`, whatever came of it. */
  readonly slow?: true
}

/** Who decided a transition: this process by its own results, or the shared storage. */
export type Origin = 'local' | 'shared'

/** A sent request that has ended, with or without an answer. */
export interface Attempt extends FailureReason {
  readonly circuit: string
  readonly outcome: Outcome
  readonly probe: boolean
  /** The HTTP method in lower case, as axios writes it. */
  readonly method: string
  /** Seconds from the dispatch to the end of the answer. */
  readonly duration: number
}

/** What the event of an opening says beyond that of other transitions. */
export interface OpenedEvent extends OpeningReading {
  /** Seconds until a new attempt is allowed. */
  readonly retryAfter: number
}

/** Everything that is told of circuits and of their storage. No event carries a URL, a header, a parameter or a body. */
export interface CircuitEvents {
  /** A circuit was attached under a new name. */
  created: { readonly circuit: string }
  /** The circuit changed its state. The event for `half-opened` comes when the first probe is let through. */
  stateChanged: {
    readonly circuit: string
    readonly from: CircuitState
    readonly to: CircuitState
    readonly origin: Origin
  } & Partial<OpenedEvent>
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
  /** The circuit was detached from all instances. */
  detached: { readonly circuit: string }
  /** The storage cannot be used. Each process now uses its own results. Published once per loss. */
  storageLost: { readonly reason: string }
  /** The storage can be used again; `lostFor` in seconds. Published once per loss. */
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
  /** Whether an event has listeners. Nobody needs to build an event without any. */
  hears(name: keyof CircuitEvents): boolean
}

/** Anything with axios's interceptors: an instance of any copy of axios, or a mock. */
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
  readonly failureRate?: FailureRateReading | undefined
  readonly retryAfter: number
  /** Left out while it is closed. */
  readonly cause?: OpeningCause | undefined
  /** Left out while it is closed. */
  readonly round?: number | undefined
  readonly lastFailure?: FailureReason | undefined
}
/** A function for axios's `adapter` option, for any version of axios. */
export type AnyAdapter = (config: never) => Promise<unknown>

/** The public interface of a circuit. */
export interface Circuit {
  readonly name: string
  /**
   * The state that the next request meets. It is `half-opened` as soon as the ttl is over, although the
   * `stateChanged` event comes with the next request, because no timer runs.
   */
  readonly state: CircuitState
  /** Consecutive failures counted so far; stays at the threshold until the circuit closes. */
  readonly failureCount: number
  /** The requests of the window at this moment, and which part of them failed; undefined without the option. */
  readonly failureRate: FailureRateReading | undefined
  /** Seconds until a new attempt is allowed, in whole milliseconds; 0 unless opened. */
  readonly retryAfter: number
  /**
   * What opened the circuit last: `streak`, so many failures in a row; `rate`, its failure rate; or
   * `probe`, probes that failed. Undefined while it is closed.
   */
  readonly cause: OpeningCause | undefined
  /** 1 for the first opening, and one more for each round of probes that failed; 0 while it is closed. */
  readonly round: number
  /** The last failure that counted: its code and its HTTP status, where it had them, and nothing else. */
  readonly lastFailure: FailureReason | undefined
  /**
   * Detaches the circuit from this axios instance; others keep it. Without an instance, detaches it from all
   * instances and removes it from the breaker. Requests in flight still record their outcome.
   * Idempotent.
   *
   * @throws ConfigError for a target that is no axios instance
   */
  detach(instance?: Attachable): void
  /**
   * Resolves as soon as a request may be tried: at once while closed, and once its ttl has passed and a
   * permit is free. If several callers wait for a half-opened circuit, they resolve one at a time, so that no
   * crowd is refused. Keeps the process alive while it waits.
   *
   * @param options.signal aborts the wait: the promise then rejects with the signal's reason
   */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  toJSON(): CircuitReading
  /**
   * Puts the circuit round an adapter that you pass to another one, such as a cache:
   * `cacheAdapterEnhancer(circuit.guard(getAdapter('http')))`. Answers from the cache are then neither refused
   * nor counted, and each request that the cache sends counts once, even on an instance with this circuit. That
   * instance learns of the guard by the first sent request. After `detach`, the adapter sends unguarded.
   *
   * @param adapter a function, such as axios's `getAdapter('http')`
   * @throws ConfigError for anything else
   */
  guard<Adapter extends AnyAdapter>(adapter: Adapter): Adapter
}
