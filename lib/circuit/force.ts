/** An operator's decision, which overrides the circuit's own. Times are in seconds. */
import { MILLISECOND, wholeMilliseconds } from './whole-milliseconds.js'

/** `opened` refuses every request; `closed` lets every request through, as a dry run does. */
export type ForcedState = 'opened' | 'closed'

export interface ForceOptions {
  /** Seconds after which the force ends by itself; above 0, at most 2147483. Default: it stays until it is lifted. */
  readonly for?: number | undefined
  /** Who forces the circuit; at most 200 characters. Errors, events and the status page show it. */
  readonly by?: string | undefined
  /** Why; at most 200 characters. Shown like `by`. */
  readonly reason?: string | undefined
}

/** A force that was asked for. Its options are checked. */
export interface GivenForce extends ForceOptions {
  readonly state: ForcedState
}

/** A force, as `circuit.forced`, events and errors show it. */
export interface Forced {
  readonly state: ForcedState
  readonly by?: string
  readonly reason?: string
  /** Seconds until the force ends, in whole milliseconds; left out if it stays until it is lifted. */
  readonly endsIn?: number
}

/** A force that stands. */
export interface StandingForce {
  readonly state: ForcedState
  readonly by?: string | undefined
  readonly reason?: string | undefined
  /** By the breaker's clock, in monotonic seconds; Infinity if it stays until it is lifted. */
  readonly until: number
}

export function standingForce(
  { for: lasts = Infinity, ...given }: GivenForce,
  now: number,
): StandingForce {
  return { ...given, until: now + lasts }
}

/** A timer for the end may fire up to a millisecond early: the force is over then. */
export function isOver({ until }: StandingForce, now: number): boolean {
  return until - now < MILLISECOND
}

export function isSame(
  first: StandingForce | undefined,
  second: StandingForce | undefined,
): boolean {
  return (
    first?.state === second?.state &&
    first?.by === second?.by &&
    first?.reason === second?.reason &&
    first?.until === second?.until
  )
}

/** The visible part of a force. */
export function shownForce({ state, by, reason, until }: StandingForce, now: number): Forced {
  return {
    state,
    ...(by && { by }),
    ...(reason && { reason }),
    ...(until < Infinity && { endsIn: wholeMilliseconds(until - now) }),
  }
}
