/** The contract that a shared storage must satisfy. `decide` implements its rules. */
import type { OpeningCause, OpeningTerms } from '../circuit/opening/terms.js'
import type { TtlRules } from '../circuit/ttl.js'
import type { CircuitState, FailureReason, Outcome, ProbesRule } from '../circuit/types.js'
import type { ForceAnswer, ForceQuestion } from './forces.js'

/**
 * A circuit as the storage has it. Only the storage's clock counts, so a snapshot has spans in seconds, not
 * moments: no two clocks are ever compared.
 */
export interface Snapshot {
  /** Grows with each change. The snapshot with the greater version is the newer one. */
  readonly version: number
  /**
   * The version of the last transition, or after an outage that was restored, the next number. What a process saw in an
   * earlier epoch no longer counts.
   */
  readonly epoch: number
  readonly state: CircuitState
  /** The sum of the failures that stand. Once the circuit has opened, the sum that opened it. */
  readonly failureCount: number
  /** Seconds since the circuit opened; 0 if it is closed. */
  readonly openedFor: number
  /** Seconds until a permit is free, at the latest; 0 if one is free. */
  readonly heldFor: number
  /** What opened the circuit. Optional; absent if it is closed. */
  readonly cause?: OpeningCause | undefined
  /** The round of probes that the circuit waits for, from 1. Optional; absent if it is closed. */
  readonly round?: number | undefined
  /** Seconds that the service asked to be left alone, when the circuit opened. Optional. */
  readonly retryAfter?: number | undefined
  /** What the storage asks of all processes. Optional; absent if it asks nothing. */
  readonly poll?: Poll | undefined
  /** The failure that opened the circuit, as its reporter described it. Optional; absent if it is closed. */
  readonly lastFailure?: FailureReason | undefined
}

/** Asks all processes once what they have in their windows. */
export interface Poll {
  /** The version of the snapshot that announces the poll. */
  readonly id: number
  /** The part of the processes that are to answer, above 0, at most 1. Each process draws by itself. */
  readonly share: number
}

/** The configuration of the process that asks. A storage keeps none of it: each process uses its own. */
export interface Terms extends TtlRules {
  /** Seconds before the end of the ttl at which a permit is granted already. Default 0. */
  readonly grace?: number | undefined
  /** Probes that may be in flight at once. */
  readonly permits: number
  /** How many of how many probes must succeed. Default 1 of 1. */
  readonly probes?: ProbesRule | undefined
  /** When the circuit opens: the terms of each rule for it. */
  readonly opening: OpeningTerms
  /** Seconds that a permit is held, from its grant or its last renewal. */
  readonly lease: number
  /** The circuit opens if it would open even without its `quorum - 1` worst reporters. */
  readonly quorum: number
}

/** What a process has seen of a closed circuit, for the rules that may open it. */
export interface Evidence {
  /** The process's own failures in a row. 0 takes back what the process has reported. Absent: that stands. */
  readonly failures?: number | undefined
  /** Seconds between the newest failure and the sending of the report; 0 if there is no failure. */
  readonly age: number
  /** What the process has in the window of its rate. Optional. */
  readonly window?: WindowEvidence | undefined
}

export interface WindowEvidence {
  readonly requests: number
  /** All requests, if the process has opened its circuit by itself: it would send none of them now. */
  readonly failures: number
  /** Failures that the process has not reported before and finds suspicious. */
  readonly fresh: number
  /**
   * The poll that the report answers; 0 if it answers none. With fresh failures, it adds to what the
   * process has answered before.
   */
  readonly poll: number
  /** Seconds since the process opened its circuit by itself. Absent if it has not. */
  readonly openedFor?: number | undefined
}

/** What a process asks of a circuit. */
export type Command =
  /** Asks for the circuit as it is. Never granted. */
  | { readonly op: 'read' }
  /**
   * Reports evidence. The storage keeps the newest evidence of each process, until the process replaces it
   * or until it is older than the ttl or a minute. The circuit opens if the failures of all processes reach
   * the threshold without those of the `quorum - 1` reporters that have the most, or if the answers to a
   * poll reach the rate without them. Granted if the circuit was closed and the process knew its epoch.
   */
  | {
      readonly op: 'report'
      readonly evidence: Evidence
      /** What is known of the newest failure. The storage may keep it if the circuit opens. */
      readonly reason?: FailureReason | undefined
      /** Seconds that the service asked to be left alone, in its answer to the newest attempt. */
      readonly retryAfter?: number | undefined
    }
  /** Asks for a permit. Granted if the circuit is closed, or if it is due and a permit is free. */
  | { readonly op: 'acquire'; readonly token: string }
  /**
   * Asks to keep the permit for another lease. Granted if the token still holds it. If it does not, and the circuit
   * is not closed, the probe is in flight all the same: the token holds a permit from then on, of which the end is
   * not counted.
   */
  | { readonly op: 'renew'; readonly token: string; readonly lease: number }
  /**
   * Reports the end of a probe, and gives its permit back. Granted, so counted, if the token still held it, and
   * the circuit has not moved since it was granted. A probe that is in flight for longer than it may is counted
   * before its end: it keeps the permit, and what comes of it later is not counted.
   */
  | {
      readonly op: 'settle'
      readonly token: string
      readonly outcome: Outcome
      /** True if the probe goes on, and keeps its permit until it is settled again. */
      readonly isInFlight?: true | undefined
      /** As in a report. */
      readonly reason?: FailureReason | undefined
      /** As in a report. */
      readonly retryAfter?: number | undefined
    }

export type Question = Command & {
  readonly circuit: string
  /**
   * The name of the breaker that asks. No other breaker has it. Empty for an onlooker, such as the command
   * line: its read changes nothing, not even for how long the circuit is kept.
   */
  readonly process: string
  /** What counts once for the quorum: the operating system's process, or a larger unit. */
  readonly reporter: string
  /**
   * Seconds after which the process stops waiting. A report or an acquire that is carried out later must
   * change nothing: by then the process has gone on without it. A renew must then lend no permit that the token
   * does not hold, since its probe may have ended.
   */
  readonly deadline: number
  /** What the process knows. If the storage has lost a transition, as after a restart, it restores it from this. */
  readonly known: Snapshot
  readonly terms: Terms
}

export interface Answer extends Snapshot {
  readonly granted: boolean
}

/** What a connection calls by itself. Nothing depends on `pushed` alone: it only saves time. */
export interface ConnectionListener {
  /** A circuit changed, because of this process or another. `process` is that of the question. */
  pushed(circuit: string, snapshot: Snapshot, process: string): void
  /** A circuit may have changed. The breaker reads it. */
  hinted(circuit: string): void
  /** Messages arrive from now on. Some may have been missed before. */
  resumed(): void
  /**
   * Commands are no longer answered.
   *
   * @param isDown whether the storage itself is down, which the breaker publishes at once. Default false:
   *   only the connection closed, and it may be back in a moment
   */
  lost(reason: string, isDown?: boolean): void
  /**
   * The list of forced circuits may have changed. The breaker reads it, unless it knows this version.
   * A storage that has `forces` calls it; nothing depends on it alone.
   */
  forcesChanged?(version: number): void
}

export interface Connection {
  /**
   * Resolves once commands are answered and messages arrive. Rejects as soon as that is refused; the
   * connection then goes on trying by itself. May stay pending: whoever waits has a deadline.
   */
  readonly ready: Promise<void>
  /** Whether it makes sense to ask now. */
  readonly isUp: boolean
  /**
   * May stay pending, or answer late: whoever asks has a deadline. Rejects with an Error. If the error has
   * the property `scope: 'circuit'`, it concerns this circuit alone, and the storage counts as up.
   */
  ask(question: Question): Promise<Answer>
  /**
   * Carries out a command on the list of forced circuits, as `ask` does on a circuit. A storage without it
   * cannot share forces: `circuit.force()` then rejects.
   */
  forces?(question: ForceQuestion): Promise<ForceAnswer>
  /** The names of the circuits that the storage holds at the moment, for the command line. */
  circuits?(): Promise<readonly string[]>
  /**
   * The circuit was detached. The connection need keep nothing for it. Called again after each answer to a
   * question that outlives the circuit.
   */
  forget?(circuit: string): void
  /** Frees everything, and answers nothing from then on. Never hangs. Idempotent. */
  close(): Promise<void>
}
