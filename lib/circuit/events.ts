/** What circuits publish, and to whom. */
import type { Forced } from './force.js'
import type { CircuitState, FailureReason, OpeningReading, Origin, Outcome } from './types.js'

/** A sent request that has ended, with or without an answer. */
export interface Attempt extends FailureReason {
  readonly circuit: string
  readonly outcome: Outcome
  readonly probe: boolean
  /** The HTTP method, in lower case as axios writes it, unless an interceptor has written it otherwise. */
  readonly method: string
  /** Seconds from the dispatch to the end of the answer. */
  readonly duration: number
}

/** The additional fields of an opening's event. */
export interface OpenedEvent extends OpeningReading {
  /** Seconds until a new attempt is allowed. */
  readonly retryAfter: number
}

/** The events of circuits and of their storage. No event carries a URL, a header, a parameter or a body. */
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
  /** A failure was counted. Results of an earlier epoch are neither counted nor published. */
  failed: { readonly circuit: string; readonly failureCount: number } & FailureReason
  /** A success ended a series of failures. */
  recovered: { readonly circuit: string }
  /** A request was refused, or would have been, if the circuit were not forced closed. */
  rejected: {
    readonly circuit: string
    readonly state: 'opened' | 'half-opened'
    readonly retryAfter: number
    /** Set if the circuit refused the request because it is forced open. */
    readonly forced?: Forced
    /** True if the request was sent all the same, as the circuit is forced closed, or in a dry run. */
    readonly dryRun?: true
  }
  /**
   * Somebody forced the circuit, or lifted the force, or it is over: what `circuit.forced` is from now on. Also
   * published after `created` for a circuit that is forced from the start.
   */
  forced: { readonly circuit: string; readonly forced: Forced | undefined }
  /** An attempt ended, counted or not. */
  attempted: Attempt
  /** The circuit was detached from all instances. It publishes nothing more. */
  detached: { readonly circuit: string }
  /**
   * The storage cannot be used. Each process now uses its own results. Published once per loss, and again if the
   * storage then refuses the process, for example because of a wrong password.
   */
  storageLost: { readonly reason: string }
  /** The storage can be used again; `lostFor` in seconds. Published once per loss. */
  storageRestored: { readonly lostFor: number }
  /** The storage answered a command, refused it, or let its deadline pass; `duration` in seconds. */
  storageAnswered: { readonly duration: number }
}

export type Publish = <Name extends keyof CircuitEvents>(
  name: Name,
  event: CircuitEvents[Name],
) => void

export interface Publisher {
  readonly publish: Publish
  /** Whether an event has listeners. Nobody needs to build an event without any. */
  hasListeners(name: keyof CircuitEvents): boolean
}
