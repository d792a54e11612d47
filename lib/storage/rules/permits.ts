/** Permits: who may probe, for how long, and what the probe's end does to the circuit. */
import type { Question } from '../contract.js'
import { LONGEST_PERMIT } from '../limits.js'
import { change, grant, hold, move, type Asked, type Draft } from './draft.js'
import type { HeldPermit } from './kept.js'

export function acquire(
  draft: Draft,
  { token, terms }: Question & { op: 'acquire' },
  asked: Asked,
): Draft {
  const { now } = asked
  const { state, openedAt, permits } = draft.kept
  if (state === 'closed') return grant(draft)
  if (state === 'opened' && now < openedAt + terms.ttl) return draft
  const held = permits.filter(({ at, lease }) => now <= at + lease)
  // Clients that repeat a command after a failover have their permit already.
  if (isHeld(held, token)) return grant(draft)
  if (held.length >= terms.permits) return draft
  const next = state === 'opened' ? move(draft, 'half-opened') : change(draft, { permits: held })
  return grant(hold(next, token, asked))
}

export function renew(
  draft: Draft,
  { token, lease, terms }: Question & { op: 'renew' },
  { now }: Asked,
): Draft {
  const { permits } = draft.kept
  if (!isHeld(permits, token)) return draft
  const renewed = { token, at: now, lease: Math.min(lease, LONGEST_PERMIT * terms.lease) }
  const others = permits.map((permit) => (permit.token === token ? renewed : permit))
  return grant(change(draft, { permits: others }))
}

/** A result of whoever no longer holds the permit does not count. */
export function settle(
  draft: Draft,
  { token, outcome, reason }: Question & { op: 'settle' },
  { now }: Asked,
): Draft {
  const { permits, lastFailure } = draft.kept
  if (!isHeld(permits, token)) return draft
  if (outcome === 'success') return grant(move(draft, 'closed', { failureCount: 0 }))
  if (outcome === 'failure') {
    return grant(move(draft, 'opened', { openedAt: now, lastFailure: reason ?? lastFailure }))
  }
  const others = permits.filter((permit) => permit.token !== token)
  return { ...grant(change(draft, { permits: others })), isNews: true }
}

/** Seconds until a permit is free at the latest; 0 if one is. */
export function heldFor(permits: readonly HeldPermit[], most: number, now: number): number {
  if (permits.length < most) return 0
  return Math.max(0, Math.min(...permits.map(({ at, lease }) => at + lease - now)))
}

function isHeld(permits: readonly HeldPermit[], token: string): boolean {
  return permits.some((permit) => permit.token === token)
}
