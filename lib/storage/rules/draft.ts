/** A circuit while a question is carried out. */
import type { CircuitState } from '../../circuit/types.js'
import type { Question, Snapshot } from '../contract.js'
import type { HeldPermit, Kept } from './kept.js'
import { EMPTY_POOL } from './opening/pool.js'

/** A question at one moment of the storage's clock. */
export interface Asked {
  readonly question: Question
  /** The part of the process's knowledge that is believed. */
  readonly known: Snapshot
  readonly now: number
  /** Whether anything was kept of the circuit. */
  readonly isKept: boolean
}

export interface Draft {
  readonly kept: Kept
  readonly granted: boolean
  /** Whether the circuit must be stored. */
  readonly isChanged: boolean
  /** Whether a new epoch begins. */
  readonly isMoved: boolean
  /** Whether the other processes must learn of the change: a transition, or a change of the permits. */
  readonly isNews: boolean
}

export function change(draft: Draft, changes: Partial<Kept>): Draft {
  return { ...draft, kept: { ...draft.kept, ...changes }, isChanged: true }
}

export function grant(draft: Draft): Draft {
  return { ...draft, granted: true }
}

/** What belongs to one epoch. */
const NOTHING_COUNTED = {
  evidence: [],
  permits: [],
  pool: EMPTY_POOL,
  successes: 0,
  failures: 0,
  probesRetryAfter: 0,
} satisfies Partial<Kept>

/** A transition. Evidence belongs to the epoch that ends. Probes may stay in flight until the circuit closes. */
export function move(draft: Draft, state: CircuitState, changes: Partial<Kept> = {}): Draft {
  const permits = state === 'closed' ? [] : inFlight(draft)
  return { ...restore(draft, state, { permits, ...changes }), isMoved: true }
}

/** The permits of probes whose epoch is over. */
export function inFlight({ kept }: Draft): readonly HeldPermit[] {
  return kept.permits.map((permit) => ({ ...permit, isEarlier: true }))
}

/** A transition that the storage has lost: its epoch is known. */
export function restore(draft: Draft, state: CircuitState, changes: Partial<Kept>): Draft {
  const changed = change(draft, { state, ...NOTHING_COUNTED, ...changes })
  return { ...changed, isNews: true }
}

/** The token gets a permit. */
export function hold(draft: Draft, token: string, { question, now }: Asked): Draft {
  const permits = [...draft.kept.permits, { token, at: now, lease: question.terms.lease }]
  return { ...change(draft, { permits }), isNews: true }
}
