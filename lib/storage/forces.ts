/**
 * The part of the contract that shares forced circuits: one list for all circuits of a storage.
 * `decideForces` implements its rules.
 */
import type { ForcedState } from '../circuit/force.js'

/** An operator's decision on a circuit. Only the storage's clock counts, so it has a span and not a moment. */
export interface Force {
  /** What the circuit is forced to. */
  readonly state: ForcedState
  /** Who forced it. */
  readonly by?: string | undefined
  readonly reason?: string | undefined
  /** Seconds until the force ends, above 0. Absent: it does not end by itself. */
  readonly endsIn?: number | undefined
}

/** A force that stands. */
export interface ListedForce extends Force {
  readonly circuit: string
  /** The version of the list that brought it. Of two entries for one circuit, the greater version is the newer. */
  readonly version: number
}

/** A force that was lifted, or that has ended. A process that knows it as standing learns so. */
export interface LiftedForce {
  readonly circuit: string
  readonly version: number
}

/** The forces of all circuits. Each circuit is in it once at most. It is plain data, for JSON. */
export interface ForceList {
  /** Grows with each change. The list with the greater version is the newer one. 0: nobody was ever forced. */
  readonly version: number
  readonly forces: readonly ListedForce[]
  /** Remembered for a day, and no more than the newest. */
  readonly lifted: readonly LiftedForce[]
  /** A force of this version or an older one that is not in the list was lifted, and is forgotten. */
  readonly floor: number
}

/** The list before anybody has forced a circuit. */
export const NO_FORCES: ForceList = { version: 0, forces: [], lifted: [], floor: 0 }

/** What a process asks of the list. */
export type ForceCommand =
  /**
   * Asks for the list as it is.
   *
   * `isRoutine`: the read was due by time alone. Call `forcesChanged` on all connections then, although
   * nothing has changed: a process that knows this version need not read by itself for a while.
   */
  | { readonly op: 'read'; readonly isRoutine?: boolean | undefined }
  /** Forces a circuit, whatever stands on it. Granted unless the list is full. */
  | { readonly op: 'force'; readonly circuit: string; readonly force: Force }
  /** Lifts the force of a circuit. Always granted, also if there is none. */
  | { readonly op: 'unforce'; readonly circuit: string }

export type ForceQuestion = ForceCommand & {
  /** The name of the breaker that asks. No other breaker has it. */
  readonly process: string
  /**
   * Seconds after which the process stops waiting. Reject a force or an unforce rather than carry it out
   * later: its caller has learned by then that it failed.
   */
  readonly deadline: number
  /** What the process knows. The storage takes over what it has lost, as after a restart. */
  readonly known: ForceList
}

export interface ForceAnswer extends ForceList {
  /** Whether a force or an unforce was carried out. Always true for a read. */
  readonly granted: boolean
}
