/** Everything that can happen to a shared circuit. */
import type { CircuitState, FailureReason, Outcome } from '../../circuit/types.js'
import type { OwnWindow } from '../../circuit/opening/terms.js'
import type { Answer, Command, Snapshot } from '../../storage/contract.js'

/** A request without a lease has ended, and the local circuit has counted it. */
export interface Ended {
  readonly on: 'ended'
  readonly outcome: Outcome
  readonly reason?: FailureReason | undefined
  /** Seconds for which the service asked to be left alone, if it did. */
  readonly retryAfter?: number | undefined
  /** The window of the process at this moment; may be left out if the result is a success. */
  readonly window?: OwnWindow | undefined
  /** When it was admitted, at the earliest. */
  readonly grantedAt: number
  /** The state of the local circuit afterwards. */
  readonly local: CircuitState
}

/** A probe with a lease has ended, or is counted while it goes on. */
export interface Settled {
  readonly on: 'settled'
  readonly token: string
  readonly outcome: Outcome
  readonly reason?: FailureReason | undefined
  readonly retryAfter?: number | undefined
  /** Whether the local circuit has counted it. */
  readonly counted: boolean
  /** True if it goes on. Its end follows, as `ignored`. */
  readonly isInFlight?: true | undefined
  readonly local: CircuitState
}

/** How an attempt ended, as the storage is told. */
export type Result = Pick<Settled, 'outcome' | 'reason' | 'retryAfter' | 'isInFlight'>

/** The local circuit was asked to admit a request. */
export interface Admitted {
  readonly on: 'admitted'
  readonly local: CircuitState
  /** The permit that the storage granted for it, and whether the request is sent. */
  readonly lease?: {
    readonly token: string
    readonly grantedAt: number
    readonly isTaken: boolean
  }
  /** The token of a probe that is sent without such a permit. */
  readonly own?: string | undefined
}

/** @param at when the storage was asked, by the process's own clock */
export interface Answered {
  readonly on: 'answered'
  readonly to: Command
  readonly answer: Answer
  readonly at: number
}

export type Input =
  /** `init()` was called. */
  | { readonly on: 'initialized' }
  | Ended
  | Settled
  | Admitted
  /** A request that may be a probe wants a permit. */
  | { readonly on: 'wanted'; readonly token: string }
  | Answered
  /** The storage refused a command, or did not answer it by its deadline. */
  | { readonly on: 'unanswered'; readonly to: Command }
  /** The storage answered after the deadline. */
  | { readonly on: 'late'; readonly to: Command; readonly answer: Answer }
  /** The circuit was read. The question was sent at `at`, after so many losses. */
  | {
      readonly on: 'read'
      readonly answer: Snapshot
      readonly at: number
      readonly losses: number
    }
  /** The storage published a snapshot. `isOwn` says whether this process caused it. */
  | { readonly on: 'pushed'; readonly snapshot: Snapshot; readonly isOwn: boolean }
  /** The storage cannot be used. */
  | { readonly on: 'lost' }
  /** The storage can be used, but not for this circuit. */
  | { readonly on: 'unusable' }
  /** Results until now, and requests in flight, must not count as evidence for the fleet. */
  | { readonly on: 'distrusted' }
  /** A streak was held back long enough. */
  | { readonly on: 'heldBack' }
  /** A lease must be renewed. */
  | { readonly on: 'renewalDue'; readonly token: string }
  /** What is known is to be reported, without waiting for the next result. */
  | { readonly on: 'hurried'; readonly window?: OwnWindow | undefined }
  /** Suspicious failures, or an opening, have waited long enough to be reported. */
  | { readonly on: 'freshDue'; readonly window?: OwnWindow | undefined }
  /** It is this process's turn to answer a poll. */
  | { readonly on: 'answerDue'; readonly window?: OwnWindow | undefined }
  /** The answers to a poll that this process has brought about are to be counted. */
  | { readonly on: 'tallyDue'; readonly isLast: boolean }
  /** The circuit was detached. */
  | { readonly on: 'released' }
