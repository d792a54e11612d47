/** The contract that a shared storage must satisfy. */
import type { OpeningTerms } from '../circuit/opening/terms.js'
import type { CircuitState, FailureReason, Outcome } from '../circuit/types.js'

/**
 * A circuit as the storage has it. Its clock is the only one that counts, so times are told as spans,
 * in seconds: no two clocks are ever compared.
 */
export interface Snapshot {
  /** Grows with each change. Of two snapshots the one with the greater version is the newer. */
  readonly version: number
  /** The version of the last transition: what was asked in an earlier one counts no more. */
  readonly epoch: number
  readonly state: CircuitState
  /** The sum of the failures that stand; of a circuit that is not closed, the sum that opened it. */
  readonly failureCount: number
  /** Since the circuit opened; 0 where it is closed. */
  readonly openedFor: number
  /** Until a permit is free, at the latest; 0 where one is. */
  readonly heldFor: number
  /** The failure that opened it, as its reporter told it; left out if nothing is known of it, or it is closed. */
  readonly lastFailure?: FailureReason | undefined
}

/** The configuration of the process that asks. The storage keeps none: each process uses its own. */
export interface Terms {
  /** Seconds that the circuit stays opened. */
  readonly ttl: number
  /** Probes that may be in flight at once. */
  readonly permits: number
  /** When the circuit opens: the terms of each rule for it. */
  readonly opening: OpeningTerms
  /** Seconds for which a permit is held, from its grant or its last renewal. */
  readonly lease: number
  /** The circuit opens if it would open even with its `quorum - 1` worst reporters left out. */
  readonly quorum: number
}

/** What a process has seen of a closed circuit, for the rules that may open it. */
export interface Evidence {
  /** The process's own failures in a row; 0 takes back what the process has reported. */
  readonly failures: number
  /** Seconds since the newest of them, when the report was sent; 0 if there is none. */
  readonly age: number
}

/** What a process tells, or asks for. */
export type Command =
  /** Only what is known. */
  | { readonly op: 'read' }
  /**
   * What the process has seen. The storage keeps the newest evidence of each process. It stands until
   * the process replaces it, or until it is older than the ttl or a minute. The circuit opens when the
   * failures that stand reach the threshold, the `quorum - 1` reporters with the most left out.
   */
  | {
      readonly op: 'report'
      readonly evidence: Evidence
      /** What is known of the newest failure, to be kept if the circuit opens. */
      readonly reason?: FailureReason | undefined
    }
  /** A permit: granted where the circuit is closed, or where it is due and one of its permits is free. */
  | { readonly op: 'acquire'; readonly token: string }
  /** The permit for another lease: granted where the token still holds it. */
  | { readonly op: 'renew'; readonly token: string; readonly lease: number }
  /** The probe's end, and its permit back: granted, which is to say counted, where the token still holds it. */
  | {
      readonly op: 'settle'
      readonly token: string
      readonly outcome: Outcome
      /** As in a report. */
      readonly reason?: FailureReason | undefined
    }

export type Question = Command & {
  readonly circuit: string
  /** A name of the breaker that asks, like no other's. */
  readonly process: string
  /** What counts once for the quorum: the operating system's process, or a larger unit. */
  readonly reporter: string
  /**
   * Seconds after which the process does not wait any more. A report or an acquire that is carried out
   * later than that must change nothing: by then the process has gone on without it.
   */
  readonly deadline: number
  /** What it knows: a transition that the storage has lost, as after a restart, is restored by it. */
  readonly known: Snapshot
  readonly terms: Terms
}

export interface Answer extends Snapshot {
  readonly granted: boolean
}

/** What a connection tells by itself. Nothing depends on `pushed` alone: it only saves time. */
export interface ConnectionListener {
  /** A circuit changed, by this process's doing or another's. */
  pushed(circuit: string, snapshot: Snapshot, process: string): void
  /** A circuit may have changed: it is to be read. */
  hinted(circuit: string): void
  /** Messages may have been missed until now, and are heard from now on. */
  resumed(): void
  /**
   * Commands are not answered any more.
   *
   * @param isDown the storage itself is down, and this is told at once. Default false: only the connection
   *   was closed, and may come right back
   */
  lost(reason: string, isDown?: boolean): void
}

export interface Connection {
  /**
   * Settles when commands are answered and messages heard; rejects as soon as that is refused. May stay
   * pending: whoever waits has a deadline. After a rejection the connection goes on trying by itself.
   */
  readonly ready: Promise<void>
  /** Whether it is worth while to ask now. */
  readonly isUp: boolean
  /**
   * May stay pending, or be answered late: whoever asks has a deadline. Rejects with an Error. If the
   * error has a property `scope` of `'circuit'`, it concerns this circuit alone, and the storage is up.
   */
  ask(question: Question): Promise<Answer>
  /** The circuit was detached: nothing is to be kept for it. */
  forget?(circuit: string): void
  /** Frees everything, and answers nothing any more. Never hangs. Idempotent. */
  close(): Promise<void>
}
