/**
 * What one process knows of a circuit that it shares. Nothing in here changes: `step` makes the next state.
 * The local circuit, which counts this process's own results, stands beside it and is moved by effects.
 */
import type { CircuitState, FailureReason, Outcome, Rules } from '../../circuit/types.js'
import type { Snapshot } from '../../storage/contract.js'
import { INITIAL_SNAPSHOT } from '../../storage/initial-snapshot.js'

/** Times in seconds. */
export interface Settings extends Pick<Rules, 'threshold' | 'ttl' | 'probeTimeout'> {
  /** For which the storage lends a permit. */
  readonly lease: number
  /** After which a request waits for its permit no more. */
  readonly permitDeadline: number
  /** After which any other command counts as unanswered. */
  readonly commandDeadline: number
}

/** What the fleet is known to think of the circuit. */
export interface View {
  /** The newest that is known, and what this process has decided since. */
  readonly snapshot: Snapshot
  /** Until when no permit is free, as far as is known. */
  readonly heldUntil: number
  /** When the fleet's circuit opened, as far as is known: what this process saw alone is not the fleet's. */
  readonly openedAt: number
  /** What opened the fleet's circuit last, unless this process has seen a failure of its own since. */
  readonly lastFailure: FailureReason | undefined
}

/** This process's own failures in a row, and how much of them was reported. */
export interface Evidence {
  readonly streak: number
  readonly failedAt: number
  readonly reason: FailureReason | undefined
  /** The newest failure of the streak that the storage may have of this process; undefined if it has none. */
  readonly reportedAt: number | undefined
  /** The storage has another streak than this process. */
  readonly isDue: boolean
  /** The streak waits for the next result before it is reported. */
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
  /** By the process's own clock, from before it asked: never longer than the storage says. */
  readonly until: number
  /** The process did not run for a while, and its own clock may not have either. */
  readonly isDistrusted: boolean
}

/** The probes of this process, by their tokens. */
export interface Probes {
  /** A permit was asked for. */
  readonly isAcquiring: boolean
  readonly leases: ReadonlyMap<string, Lease>
  /** Of tokens that the storage may hold, and has not confirmed: a connection that breaks says neither yes nor no. */
  readonly unsettled: ReadonlyMap<string, Outcome>
  /** How many ends of probes are on their way. */
  readonly settling: number
}

export interface State {
  readonly settings: Settings
  /** Whether `init()` was called. */
  readonly isInitialized: boolean
  /** The storage has not been read since it was lost, or does not answer about this circuit. */
  readonly isAlone: boolean
  /** How often the storage was lost: what was asked before the last time brings nobody back. */
  readonly losses: number
  /** A loss was published, or the process did not run: requests of before are no evidence for the fleet. */
  readonly isDistrusted: boolean
  /** Requests admitted before this moment are no evidence for the fleet. */
  readonly trustedSince: number
  /** The local circuit, as it was last decided. */
  readonly local: CircuitState
  readonly view: View
  readonly evidence: Evidence
  readonly probes: Probes
}

const NO_EVIDENCE: Evidence = {
  streak: 0,
  failedAt: 0,
  reason: undefined,
  reportedAt: undefined,
  isDue: false,
  isHeldBack: false,
  inFlight: undefined,
}

/** Most circuits have none, most of the time. */
const NO_PROBES: Probes = {
  isAcquiring: false,
  leases: new Map(),
  unsettled: new Map(),
  settling: 0,
}

/** @param isAlone the storage is not connected */
export function begin(settings: Settings, isInitialized: boolean, isAlone: boolean): State {
  return {
    settings,
    isInitialized,
    isAlone,
    losses: 0,
    isDistrusted: false,
    trustedSince: 0,
    local: 'closed',
    view: { snapshot: INITIAL_SNAPSHOT, heldUntil: 0, openedAt: 0, lastFailure: undefined },
    evidence: NO_EVIDENCE,
    probes: NO_PROBES,
  }
}
