/** A circuit as its users see it. Times are in seconds, as in the HTTP header Retry-After. */
import type { Forced, ForcedState, ForceOptions } from './force.js'
import type { FailureRateReading, FailureRateTerms, OpeningCause } from './opening/terms.js'
import type { CircuitState, FailureReason } from './types.js'

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
  /** Left out unless it is forced, or in a dry run. */
  readonly forced?: Forced | undefined
}

/** A function for axios's `adapter` option, for any version of axios. */
export type AnyAdapter = (config: never) => Promise<unknown>

export interface ReadyOptions {
  /** Aborts the wait. Default: it ends only once a request may be tried. */
  readonly signal?: AbortSignal | undefined
}

/** The public interface of a circuit. */
export interface Circuit {
  readonly name: string
  /**
   * The state that the next request meets. It is `half-opened` as soon as the ttl is over, although the
   * `stateChanged` event comes with the next request, because no timer runs.
   */
  readonly state: CircuitState
  /**
   * Consecutive failures counted so far. Once the circuit has opened, it stays as it is until the circuit closes. If
   * failures in a row opened it, that is the threshold, even if other processes counted them.
   */
  readonly failureCount: number
  /** The requests in the window at this moment, and what fraction of them failed; undefined without the option. */
  readonly failureRate: FailureRateReading | undefined
  /**
   * How far back the failure rate looks, as its option says: seconds, or a number of requests. Undefined without
   * the option.
   */
  readonly window: FailureRateTerms['window'] | undefined
  /** Seconds until a new attempt is allowed, in whole milliseconds; 0 unless opened. */
  readonly retryAfter: number
  /**
   * What opened the circuit last: `streak`, `threshold` failures in a row; `rate`, its failure rate; or
   * `probe`, probes that failed. Undefined while it is closed.
   */
  readonly cause: OpeningCause | undefined
  /** 1 for the first opening, and one more for each round of probes that failed; 0 while it is closed. */
  readonly round: number
  /** The last failure that counted: its code and its HTTP status, if it had them, and nothing else. */
  readonly lastFailure: FailureReason | undefined
  /**
   * The force that stands before the circuit; undefined if there is none. While forced, `state` and `retryAfter`
   * are what the next request meets, `cause` is undefined, and `round` is 0. With the option `dryRun`, it is
   * `{ state: 'closed' }`, unless somebody forces the circuit otherwise.
   */
  readonly forced: Forced | undefined
  /**
   * Overrules the circuit. Forced `opened`, it refuses every request; forced `closed`, it sends every request.
   * It sends no probes. Meanwhile it counts what is sent, by its rules, and goes on from there when the force is
   * over. The last call wins. Without a storage, the force holds for this breaker's circuit of this name, also
   * if the circuit is detached and attached again. With a storage, it holds for the whole fleet.
   *
   * @param options how long, and what errors, events and the status page show of it
   * @throws (rejects with) ConfigError for a bad state or option; Error if the circuit is detached, if 1,000
   *   circuits are forced already, or if the storage cannot share the force. Nothing has changed then, unless
   *   only the storage's answer was lost: `forced` shows what stands
   */
  force(state: ForcedState, options?: ForceOptions): Promise<void>
  /**
   * Lifts the force that stands, for the whole fleet if there is a storage. A circuit with `dryRun` returns to its
   * dry run. Idempotent.
   *
   * @throws (rejects with) Error if the circuit is detached, or if the storage cannot share it
   */
  unforce(): Promise<void>
  /**
   * Detaches the circuit from this axios instance; others keep it. Without an instance, detaches it from all
   * instances and removes it from the breaker. Requests in flight still record their outcome.
   * Idempotent.
   *
   * @throws ConfigError for a target that is not an axios instance
   */
  detach(instance?: Attachable): void
  /**
   * Resolves as soon as a request may be tried: at once while closed, and once its ttl has passed and a
   * permit is free. With a storage, it waits until `init()` is called, whatever comes of that. If several
   * callers wait for a half-opened circuit, they resolve one at a time, so that no crowd is refused. Keeps the
   * process alive while it waits.
   *
   * @throws (rejects with) the signal's reason once it aborts; ConfigError for a bad option
   */
  ready(options?: ReadyOptions): Promise<void>
  /**
   * Counts a result that axios cannot see, such as a stream that breaks after its headers came, as that of a
   * request that is sent and answered at this moment. A failure may open the circuit, also that of a fleet. It
   * counts only while the circuit is closed: once it is opened, nothing but a probe closes or reopens it. Before
   * `init()` and after `detach()`, it does nothing.
   *
   * @throws ConfigError for any other outcome
   */
  report(outcome: 'success' | 'failure'): void
  toJSON(): CircuitReading
  /**
   * Puts the circuit around an adapter that you pass to another one, such as a cache:
   * `cacheAdapterEnhancer(circuit.guard(getAdapter('http')))`. Answers from the cache are then neither refused
   * nor counted, and each request that the cache sends counts once, even on an instance with this circuit. That
   * instance learns of the guard by the first sent request. After `detach`, the adapter sends unguarded.
   *
   * @param adapter a function, such as axios's `getAdapter('http')`
   * @throws ConfigError for anything else
   */
  guard<Adapter extends AnyAdapter>(adapter: Adapter): Adapter
}
