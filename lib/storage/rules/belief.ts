/** Decides what to believe of a stored circuit, and of what a process knows. */
import type { Snapshot, Terms } from '../contract.js'
import { FAR_FUTURE, LONGEST_PERMIT, PERMIT_OF_OTHERS } from '../limits.js'
import { standing } from './evidence.js'
import type { Kept } from './kept.js'
import { poolAt } from './opening/pool.js'

/** Versions and epochs are microseconds of the storage's clock, unless they had to be pushed beyond it. */
export const MICROSECONDS = 1e6

/** A version from the far future is not believed: no later version could exceed it. */
export function isBelievable(
  { version, epoch }: Pick<Snapshot, 'version' | 'epoch'>,
  now: number,
): boolean {
  return Math.max(version, epoch) <= (now + FAR_FUTURE) * MICROSECONDS
}

/** Whether what `believedAt` corrects has to be written back, even if the question changes nothing. */
export function needsCorrection(kept: Kept, now: number): boolean {
  const isLate =
    Math.max(kept.openedAt, kept.closedAt) > now || kept.permits.some(({ at }) => at > now)
  return isLate || !isBelievable(kept, now)
}

/** The clock may have been set back, so no moment is later than now. Old evidence no longer stands. */
export function believedAt(now: number, kept: Kept, { ttl, lease: longest }: Terms): Kept {
  const { version, epoch } = isBelievable(kept, now) ? kept : { version: 0, epoch: 0 }
  // A release without rounds has opened the circuit, so the stored round is that of an earlier opening.
  const isForeign = kept.state === 'opened' && kept.seed !== epoch
  return {
    ...kept,
    version,
    epoch,
    ...(isForeign && { round: 1, seed: epoch, retryAfter: 0, cause: undefined }),
    openedAt: Math.min(kept.openedAt, now),
    closedAt: Math.min(kept.closedAt, now),
    pool: poolAt(now, kept.pool),
    evidence: standing(kept.evidence, ttl, now),
    permits: kept.permits.map(({ at, lease, ...permit }) => ({
      ...permit,
      at: Math.min(at, now),
      lease: Math.min(lease, Math.max(LONGEST_PERMIT * longest, PERMIT_OF_OTHERS)),
    })),
  }
}
