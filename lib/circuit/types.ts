/** The types that all parts share. Every time is in seconds, as in the HTTP header Retry-After. */
import type { Forced } from './force.js'
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
  /** For how long at most a Retry-After of the service keeps the circuit opened. Default 0: it is not read. */
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
  /** Seconds until a new attempt is allowed; 0 while half-opened, since the running probe decides. */
  readonly retryAfter: number
  readonly lastFailure?: FailureReason | undefined
  /** Set if an operator has forced the circuit open. */
  readonly forced?: Forced | undefined
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
  /** Undefined while the circuit is closed, or if nothing is known. */
  readonly opening?: OpeningReading | undefined
  readonly retryAfter: number
  /** Whether the next request would be let through. If it is missing, `state` is used. */
  readonly isReady?: boolean
  /** Whether it admits no request yet, forced or not, because `init()` was not called. */
  readonly isUnready?: boolean
  /** The last failure of the fleet, if that is newer than this process's own. */
  readonly lastFailure?: FailureReason | undefined
  /** What the requests of this moment are admitted with; undefined unless the circuit is closed. */
  readonly closedPermit: Permit | undefined
  /** Returns a promise only if a shared storage must be asked first. */
  admit(): Admission | Promise<Admission>
  /**
   * Takes back the permit of a probe.
   *
   * @param retryAfter seconds for which the service asked to be left alone, if it did
   * @returns false if the result came too late to count: its epoch or its permit is over
   */
  record(permit: Permit, outcome: Outcome, reason?: FailureReason, retryAfter?: number): boolean
  /**
   * Counts an attempt that is still in flight as a failure. A probe keeps its permit until its end is recorded, as
   * `ignored`.
   *
   * @returns as `record`
   */
  recordSlow(permit: Permit, reason: FailureReason): boolean
  /** Sets the function that publishes the transitions that no request has caused. Called once. */
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
