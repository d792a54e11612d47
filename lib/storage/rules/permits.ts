/** Permits: who may probe, for how long, and what the probe's end does to the circuit. */
import type { Question } from '../contract.js'
import { LONGEST_PERMIT, MOST_PERMITS } from '../limits.js'
import { change, grant, hold, move, type Asked, type Draft } from './draft.js'
import type { HeldPermit } from './kept.js'
import { close, dueAfter, open } from './rounds.js'

const ONE_PROBE = { needed: 1, of: 1 }

type Settle = Question & { op: 'settle' }

export function acquire(
  draft: Draft,
  { token, terms }: Question & { op: 'acquire' },
  asked: Asked,
): Draft {
  const { now } = asked
  const { state, openedAt, permits } = draft.kept
  if (state === 'closed') return grant(draft)
  if (state === 'opened' && now < openedAt + dueAfter(draft.kept, terms)) return draft
  const held = standing(permits, now)
  // A client that repeats a command after a failover already has its permit.
  const own = held.find((permit) => permit.token === token)
  if (own && !own.isEarlier) return grant(draft)
  const others = held.filter((permit) => permit !== own)
  if (others.length >= bounded(terms.permits)) return draft
  const next = change(draft, { permits: others })
  return grant(hold(state === 'opened' ? move(next, 'half-opened') : next, token, asked))
}

export function renew(
  draft: Draft,
  { token, lease, terms }: Question & { op: 'renew' },
  { now }: Asked,
): Draft {
  const renewed = { at: now, lease: Math.min(lease, LONGEST_PERMIT * terms.lease) }
  if (!permitOf(draft, token)) {
    return place(draft, { token, ...renewed, isEarlier: true }, terms.permits, now)
  }
  const permits = draft.kept.permits.map((permit) =>
    permit.token === token ? { ...permit, ...renewed } : permit,
  )
  return grant(change(draft, { permits }))
}

/** The probe is in flight although its permit is over, or was never lent: it holds a place, and decides nothing. */
function place(draft: Draft, permit: HeldPermit, most: number, now: number): Draft {
  const held = standing(draft.kept.permits, now)
  if (draft.kept.state === 'closed' || held.length >= MOST_PERMITS) return draft
  const next = change(draft, { permits: [...held, permit] })
  // If no permit was free anyway, the others need not learn of it: after an outage of the storage there may be many.
  return { ...next, isNews: draft.isNews || held.length < most }
}

/** A result does not count if its sender no longer holds the permit, or if the epoch of the probe is over. */
export function settle(draft: Draft, question: Settle, asked: Asked): Draft {
  const permit = permitOf(draft, question.token)
  if (!permit) return draft
  const counted = question.isInFlight ? goOn(draft, permit) : free(draft, permit)
  return permit.isEarlier ? counted : count(grant(counted), question, asked)
}

function free(draft: Draft, permit: HeldPermit): Draft {
  const permits = draft.kept.permits.filter((other) => other !== permit)
  return { ...change(draft, { permits }), isNews: true }
}

/** The probe keeps its permit, and decides nothing more. */
function goOn(draft: Draft, permit: HeldPermit): Draft {
  const permits = draft.kept.permits.map((other) =>
    other === permit ? { ...other, isEarlier: true } : other,
  )
  return change(draft, { permits })
}

/** Moves the circuit as soon as the ends of its probes are enough. */
function count(
  draft: Draft,
  { outcome, reason, retryAfter = 0, terms }: Settle,
  asked: Asked,
): Draft {
  const { kept } = draft
  const { needed, of } = terms.probes ?? ONE_PROBE
  const hasFailed = outcome === 'failure'
  const successes = kept.successes + Number(outcome === 'success')
  const failures = kept.failures + Number(hasFailed)
  const longest = Math.max(kept.probesRetryAfter, hasFailed ? retryAfter : 0)
  if (successes >= needed) return close(draft, asked)
  if (failures <= of - needed)
    return change(draft, { successes, failures, probesRetryAfter: longest })
  const lastFailure = reason ?? kept.lastFailure
  return open(draft, asked, {
    cause: 'probe',
    openedAt: asked.now,
    lastFailure,
    retryAfter: longest,
  })
}

/**
 * Seconds until a permit is free at the latest; 0 if one is. More may be held than this process allows: then several
 * have to end first.
 */
export function heldFor(permits: readonly HeldPermit[], most: number, now: number): number {
  const left = standing(permits, now).map(({ at, lease }) => at + lease - now)
  left.sort((one, other) => other - one)
  return left[bounded(most) - 1] ?? 0
}

/** So many permits may be lent at once, whatever the option says. */
function bounded(permits: number): number {
  return Math.min(permits, MOST_PERMITS)
}

function standing(permits: readonly HeldPermit[], now: number): readonly HeldPermit[] {
  return permits.filter(({ at, lease }) => now <= at + lease)
}

function permitOf({ kept }: Draft, token: string): HeldPermit | undefined {
  return kept.permits.find((permit) => permit.token === token)
}
