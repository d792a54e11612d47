/** What a storage keeps of a circuit, and what of it is to be believed. */
import type { CircuitState, FailureReason } from '../../circuit/types.js'
import { FAR_FUTURE, LONGEST_PERMIT, proofLife } from '../limits.js'
import type { Snapshot, Terms } from '../contract.js'
import type { Streak } from './streaks.js'

export const MICROSECONDS = 1e6

export interface Holder {
  readonly token: string
  readonly at: number
  readonly lease: number
}

/** What is kept of a circuit. */
export interface Kept {
  readonly version: number
  readonly epoch: number
  readonly state: CircuitState
  /** Of a circuit that is not closed: the failures that opened it. */
  readonly failureCount: number
  readonly openedAt: number
  readonly lastFailure?: FailureReason | undefined
  readonly streaks: readonly Streak[]
  readonly holders: readonly Holder[]
}

export const UNKNOWN: Kept = {
  version: 0,
  epoch: 0,
  state: 'closed',
  failureCount: 0,
  openedAt: 0,
  streaks: [],
  holders: [],
}

export function isBelievable(
  { version, epoch }: Pick<Snapshot, 'version' | 'epoch'>,
  now: number,
): boolean {
  return Math.max(version, epoch) <= (now + FAR_FUTURE) * MICROSECONDS
}

/** The clock may have been set back: what was stored is never later than now. Old streaks are over. */
export function setRight(
  kept: Kept,
  { ttl, lease: longest }: Terms,
  now: number,
): { readonly kept: Kept; readonly isChanged: boolean } {
  const isBelieved = isBelievable(kept, now)
  const isLate = kept.openedAt > now || kept.holders.some(({ at }) => at > now)
  const earlier = <Entry extends { readonly at: number }>(entry: Entry): Entry => ({
    ...entry,
    at: Math.min(entry.at, now),
  })
  const right = {
    ...kept,
    ...(!isBelieved && { version: 0, epoch: 0 }),
    openedAt: Math.min(kept.openedAt, now),
    streaks: kept.streaks.map(earlier).filter(({ at }) => now - at <= proofLife(ttl)),
    holders: kept.holders.map((holder) => ({
      ...earlier(holder),
      lease: Math.min(holder.lease, LONGEST_PERMIT * longest),
    })),
  }
  return { kept: right, isChanged: !isBelieved || isLate }
}
