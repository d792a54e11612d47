/** How a circuit opens and closes: for how long, and for which of its rounds. */
import type { OpeningCause } from '../../circuit/opening/terms.js'
import { lastsFor, type OpeningFacts } from '../../circuit/ttl.js'
import type { FailureReason } from '../../circuit/types.js'
import type { Snapshot, Terms } from '../contract.js'
import { move, type Asked, type Draft } from './draft.js'
import type { Kept } from './kept.js'

/** Seconds after which a permit is free. Never at once, however short the ttl is. */
export function dueAfter(opening: OpeningFacts, terms: Terms): number {
  const lasts = lastsFor(terms, opening)
  return Math.max(lasts / 2, lasts - (terms.grace ?? 0))
}

/** What a process knows of an opening. */
export function openingOf({ cause, round = 1, epoch, retryAfter = 0 }: Snapshot) {
  return { cause, round, seed: epoch, retryAfter }
}

export interface OpenedBy {
  readonly cause: OpeningCause
  readonly openedAt: number
  readonly lastFailure: FailureReason | undefined
  readonly retryAfter: number | undefined
  readonly failureCount?: number
}

export function open(
  draft: Draft,
  { question }: Asked,
  { retryAfter = 0, ...facts }: OpenedBy,
): Draft {
  const round = roundAt(facts.openedAt, draft.kept, question.terms)
  return move(draft, 'opened', { ...facts, retryAfter, round })
}

export function close(draft: Draft, { now }: Asked): Draft {
  return move(draft, 'closed', { failureCount: 0, closedAt: now })
}

/** Begins anew once the circuit has stayed closed for as long as it was last opened. */
function roundAt(openedAt: number, kept: Kept, terms: Terms): number {
  if (kept.state === 'half-opened') return kept.round + 1
  return openedAt - kept.closedAt >= lastsFor(terms, kept) ? 1 : kept.round
}
