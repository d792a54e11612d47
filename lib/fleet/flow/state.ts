/**
 * What one process knows of a shared circuit. The state is immutable: `step` makes the next one. The local
 * circuit, which counts this process's own results, is separate, and effects move it.
 */
import type { CircuitState, FailureReason, Rules } from '../../circuit/types.js'
import type { FailureRateTerms } from '../../circuit/opening/terms.js'
import type { Snapshot } from '../../storage/contract.js'
import { INITIAL_SNAPSHOT } from '../../storage/initial-snapshot.js'
import type { Result } from './input.js'

/** Times in seconds. */
export interface Settings extends Pick<
  Rules,
  'threshold' | 'ttl' | 'growth' | 'maxRetryAfter' | 'probeTimeout'
> {
  readonly rate?: FailureRateTerms | undefined
  /** From 0 to 1, drawn once: whether and when the process answers a poll follows from it. */
  readonly lot: number
  /** For which the storage lends a permit. */
  readonly lease: number
  /** How long a request waits for its permit. */
  readonly permitDeadline: number
  /** How long any other command may take. */
  readonly commandDeadline: number
}

/** What this process knows of the fleet's circuit. */
export interface View {
  /** The newest known snapshot, with the decisions of this process since. */
  readonly snapshot: Snapshot
  /** No permit is free before this time, as far as is known. */
  readonly heldUntil: number
  /**
   * When the fleet's circuit opened, at the latest: the storage is told its age, and must not believe that more of its
   * ttl has passed than has. Openings while alone do not count.
   */
  readonly openedAt: number
  /** The failure that last opened the fleet's circuit, unless this process has had one of its own since. */
  readonly lastFailure: FailureReason | undefined
}

/** This process's own failures in a row, and how much of them was reported. */
export interface Evidence {
  readonly streak: number
  readonly failedAt: number
  readonly reason: FailureReason | undefined
  /** Seconds for which the service asked to be left alone, with the newest failure. */
  readonly retryAfter: number | undefined
  /** The newest failure of the streak that the storage may have of this process; undefined if it has none. */
  readonly reportedAt: number | undefined
  /** Whether the storage has another streak than this process. */
  readonly isDue: boolean
  /** Whether the streak waits for the next result before it is reported. */
  readonly isHeldBack: boolean
  /** The report that is on its way. */
  readonly inFlight: InFlight | undefined
}

export interface InFlight {
  /** How many reports before this one were refused in a row. */
  readonly refusals: number
  /** `reportedAt` without this report. */
  readonly before: number | undefined
}

/** A probe's permit, held for as long as the probe runs, and no longer than a probe may. */
export interface Lease {
  readonly grantedAt: number
  /** By the process's own clock, from before the question, so it never ends later than in the storage. */
  readonly until: number
  /**
   * Whether the probe's end proves nothing to the fleet: the process did not run for a while, so that its clock may
   * have stopped too, or the storage does not know the permit any more.
   */
  readonly isDistrusted: boolean
  /** Whether the storage has granted nothing: the process has sent the probe by its own results. */
  readonly isOwn: boolean
  /** Whether the storage may know of the probe, as far as the process has told it since it was last found. */
  readonly isPlaced: boolean
}

/** The probes of this process, by their tokens. */
export interface Probes {
  /** Set while a question for a permit is on its way. */
  readonly isAcquiring: boolean
  readonly leases: ReadonlyMap<string, Lease>
  /** The ends of tokens that the storage may still hold: a broken connection leaves that open. */
  readonly unsettled: ReadonlyMap<string, Result>
  /** The number of ends of probes on their way. */
  readonly settling: number
  /** The end on its way that has moved the local circuit. */
  readonly decision: Decision | undefined
}

export interface Decision {
  readonly token: string
  /** The epoch that it has ended, as far as the process knows. */
  readonly epoch: number
}

export interface PollAnswer {
  readonly poll: number
  readonly requests: number
  readonly failures: number
}

/** This process's part in the rate of the fleet. */
export interface Polling {
  /** Failures since the last report of suspicious ones. */
  readonly unreported: number
  /** When that was sent. */
  readonly reportedAt: number
  /** When the process last opened its circuit, not counting probes that failed since; undefined if it never has. */
  readonly openedAt: number | undefined
  /** Whether suspicious failures wait to be reported, or an opening does. */
  readonly isWaiting: boolean
  /** The newest poll that is known; 0 if none is. */
  readonly newest: number
  /** The part of the processes that were to answer it. */
  readonly share: number
  /** The poll that is to be answered; 0 if none is. */
  readonly unanswered: number
  /** The newest poll that this process has brought about, and when; undefined once it is over. */
  readonly begun: { readonly poll: number; readonly at: number } | undefined
  /** What it has answered to the newest poll, with what it has added since; undefined if it has not. */
  readonly answer: PollAnswer | undefined
}

export interface State {
  readonly settings: Settings
  /** Whether `init()` was called. */
  readonly isInitialized: boolean
  /** Whether the storage was not read since its loss, or does not answer for this circuit. */
  readonly isAlone: boolean
  /** The number of losses. Answers to questions from before the last loss do not end it. */
  readonly losses: number
  /** Whether a loss was published, or the process did not run: earlier requests are no evidence. */
  readonly isDistrusted: boolean
  /** Requests admitted before this moment are no evidence for the fleet. */
  readonly trustedSince: number
  /** The state of the local circuit after its last decision. */
  readonly local: CircuitState
  readonly view: View
  readonly evidence: Evidence
  readonly probes: Probes
  readonly polling: Polling
}

const NO_EVIDENCE: Evidence = {
  streak: 0,
  failedAt: 0,
  reason: undefined,
  retryAfter: undefined,
  reportedAt: undefined,
  isDue: false,
  isHeldBack: false,
  inFlight: undefined,
}

/** All circuits without probes share it: most of them, most of the time. */
const NO_PROBES: Probes = {
  isAcquiring: false,
  leases: new Map(),
  unsettled: new Map(),
  settling: 0,
  decision: undefined,
}

const NO_POLL: Polling = {
  unreported: 0,
  reportedAt: -Infinity,
  openedAt: undefined,
  isWaiting: false,
  newest: 0,
  share: 1,
  unanswered: 0,
  begun: undefined,
  answer: undefined,
}

/** @param isAlone the storage is not connected */
export function begin(settings: Settings, isInitialized: boolean, isAlone: boolean): State {
  return {
    settings,
    isInitialized,
    isAlone,
    losses: 0,
    isDistrusted: false,
    trustedSince: -Infinity,
    local: 'closed',
    view: { snapshot: INITIAL_SNAPSHOT, heldUntil: 0, openedAt: 0, lastFailure: undefined },
    evidence: NO_EVIDENCE,
    probes: NO_PROBES,
    polling: NO_POLL,
  }
}
