/**
 * The rules of a shared circuit, as a function. Redis's script has the same ones in Lua; the suite of the
 * contract, and random questions, hold both to the same answers.
 */
import type { Answer, Question, Snapshot } from '../contract.js'
import { INITIAL_SNAPSHOT } from '../initial-snapshot.js'
import { believedAt, isBelievable, MICROSECONDS, needsCorrection } from './belief.js'
import { change, type Asked, type Draft } from './draft.js'
import { UNKNOWN, type Kept } from './kept.js'
import { remember } from './memory.js'
import { announced, pollAt } from './opening/pool.js'
import { sumOf } from './opening/streak.js'
import { acquire, heldFor, renew, settle } from './permits.js'
import { report } from './reports.js'

export interface Decision {
  /** What to store: the very value that was given, if nothing is to be stored. */
  readonly kept: Kept | undefined
  readonly answer: Answer
  /** What to push to every connection, once it is stored; left out if the others need not know. */
  readonly changed?: Snapshot | undefined
}

/**
 * Carries out one question. Pure. Read what is kept, decide and store in one step that nothing else can
 * come between, or store only if nobody has stored since you read, and decide again otherwise.
 *
 * @param kept what was stored of the circuit; undefined if nothing is
 * @param now the storage's clock, in seconds: one clock for all processes
 */
export function decide(kept: Kept | undefined, question: Question, now: number): Decision {
  const isTrusted = question.process !== '' && isBelievable(question.known, now)
  const known = isTrusted ? question.known : INITIAL_SNAPSHOT
  const asked: Asked = { question, known, now, isKept: kept !== undefined }
  const found = kept ?? UNKNOWN
  const draft: Draft = {
    kept: believedAt(now, found, question.terms),
    granted: false,
    isChanged: needsCorrection(found, now),
    isMoved: false,
    isNews: false,
  }
  const decided = stamp(carryOut(remember(draft, asked), asked), asked)
  const snapshot = snapshotOf(decided.kept, asked)
  return {
    kept: decided.isChanged ? decided.kept : kept,
    answer: { ...snapshot, granted: decided.granted },
    ...(decided.isNews && { changed: snapshot }),
  }
}

function carryOut(draft: Draft, asked: Asked): Draft {
  const { question } = asked
  if (question.op === 'report') return report(draft, question, asked)
  if (question.op === 'acquire') return acquire(draft, question, asked)
  if (question.op === 'renew') return renew(draft, question, asked)
  if (question.op === 'settle') return settle(draft, question, asked)
  // An onlooker has no part in the circuit.
  return question.process === '' ? { ...draft, isChanged: false, isNews: false } : draft
}

/** Greater than every version that the storage or the process has seen, even if the clock was set back. */
function stamp(draft: Draft, { known, now }: Asked): Draft {
  if (!draft.isChanged) return draft
  const clock = Math.floor(now * MICROSECONDS)
  const version = Math.max(draft.kept.version + 1, known.version + 1, clock)
  if (!draft.isMoved) return change(draft, { version, pool: announced(draft.kept.pool, version) })
  const { state, restored } = draft.kept
  const isRestored = restored === draft.kept.epoch
  const epoch = isRestored ? Math.min(restored + 1, version) : version
  const isOutage = state !== 'closed'
  return change(draft, {
    version,
    epoch,
    restored: isRestored && isOutage ? epoch : undefined,
    ...(state === 'opened' && { seed: epoch }),
  })
}

function snapshotOf(kept: Kept, { question, now }: Asked): Snapshot {
  const { version, epoch, state, evidence, permits, cause, lastFailure, retryAfter } = kept
  const isClosed = state === 'closed'
  const poll = pollAt(now, kept.pool)
  return {
    version,
    epoch,
    state,
    failureCount: isClosed ? sumOf(evidence) : kept.failureCount,
    openedFor: isClosed ? 0 : now - kept.openedAt,
    heldFor: heldFor(permits, question.terms.permits, now),
    ...(!isClosed && cause && { cause }),
    ...(!isClosed && { round: kept.round }),
    ...(!isClosed && retryAfter > 0 && { retryAfter }),
    ...(!isClosed && lastFailure && { lastFailure }),
    ...(poll && { poll }),
  }
}
