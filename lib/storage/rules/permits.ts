/** Permits: who may probe, for how long, and what the probe's end does to the circuit. */
import type { Question } from '../contract.js'
import { LONGEST_PERMIT } from '../limits.js'
import { change, grant, hold, move, type Asked, type Draft } from './draft.js'
import type { HeldPermit } from './kept.js'
import { close, dueAfter, open } from './rounds.js'

const ONE_PROBE = { needed: 1, of: 1 }

export function acquire(
  draft: Draft,
  { token, terms }: Question & { op: 'acquire' },
  asked: Asked,
): Draft {
  const { now } = asked
  const { state, openedAt, permits } = draft.kept
  if (state === 'closed') return grant(draft)
  if (state === 'opened' && now < openedAt + dueAfter(draft.kept, terms)) return draft
  const held = permits.filter(({ at, lease }) => now <= at + lease)
  // A client that repeats a command after a failover already has its permit.
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

/** A result does not count if its sender no longer holds the permit. */
export function settle(draft: Draft, question: Question & { op: 'settle' }, asked: Asked): Draft {
  const { token, outcome, reason, retryAfter, terms } = question
  const { permits, lastFailure } = draft.kept
  if (!isHeld(permits, token)) return draft
  const { needed, of } = terms.probes ?? ONE_PROBE
  const successes = draft.kept.successes + Number(outcome === 'success')
  const failures = draft.kept.failures + Number(outcome === 'failure')
  const granted = grant(draft)
  if (successes >= needed) return close(granted, asked)
  if (failures > of - needed) {
    const openedAt = asked.now
    const facts = {
      cause: 'probe',
      openedAt,
      lastFailure: reason ?? lastFailure,
      retryAfter,
    } as const
    return open(granted, asked, facts)
  }
  const others = permits.filter((permit) => permit.token !== token)
  return { ...change(granted, { permits: others, successes, failures }), isNews: true }
}

/** Seconds until a permit is free at the latest; 0 if one is. */
export function heldFor(permits: readonly HeldPermit[], most: number, now: number): number {
  if (permits.length < most) return 0
  return Math.max(0, Math.min(...permits.map(({ at, lease }) => at + lease - now)))
}

function isHeld(permits: readonly HeldPermit[], token: string): boolean {
  return permits.some((permit) => permit.token === token)
}
