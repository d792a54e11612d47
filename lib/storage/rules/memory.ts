/** Restores what the storage has lost, for example in a restart, and a process knows. */
import { MICROSECONDS } from './belief.js'
import { change, hold, inFlight, restore, type Asked, type Draft } from './draft.js'
import { dueAfter, openingOf } from './rounds.js'

export function remember(draft: Draft, asked: Asked): Draft {
  const { known, now } = asked
  const { kept } = draft
  const openedAt = now - known.openedFor
  if (known.epoch === kept.epoch && openedAt < kept.openedAt) {
    return { ...draft, kept: { ...kept, openedAt } }
  }
  if (known.epoch <= kept.epoch) return draft
  if (known.state === 'closed') return rememberClosed(draft, asked)
  if (isFresh(asked)) return rememberOutage(draft, asked)
  return kept.state === 'closed' ? raiseEpoch(draft, asked) : draft
}

/** An epoch of the future is older than a clock that was set back, so it does not show what came first. */
function rememberClosed(draft: Draft, asked: Asked): Draft {
  const { epoch } = asked.known
  const isLost = draft.kept.state !== 'closed' && epoch <= asked.now * MICROSECONDS
  if (!isLost) return raiseEpoch(draft, asked)
  return restore(draft, 'closed', { epoch, closedAt: asked.now })
}

/** Keeps the evidence, since nobody knows of a later transition. */
function raiseEpoch(draft: Draft, { known, question, isKept }: Asked): Draft {
  if (!isKept && question.op !== 'report') return draft
  return { ...change(draft, { epoch: known.epoch }), isNews: true }
}

/**
 * An outage that the process knows for longer than this is over, however it ended. If nothing is known of the circuit,
 * the fleet may have been idle: one probe shows it, and not one of each process.
 */
function isFresh({ known, question, isKept }: Asked): boolean {
  const { terms } = question
  if (isOfHolder(question) || (question.op === 'acquire' && !isKept)) return true
  return known.openedFor <= dueAfter(openingOf(known), terms) + terms.lease
}

function rememberOutage(draft: Draft, asked: Asked): Draft {
  const { known, question, now } = asked
  const { state, epoch, failureCount, openedFor, lastFailure } = known
  const openedAt = now - openedFor
  const facts = { ...openingOf(known), epoch, restored: epoch, failureCount, openedAt, lastFailure }
  const restored = restore(draft, state, { ...facts, permits: inFlight(draft) })
  if (state !== 'half-opened' || !isOfHolder(question)) return restored
  const permits = restored.kept.permits.filter(({ token }) => token !== question.token)
  return hold(change(restored, { permits }), question.token, asked)
}

/** A process that renews or settles a permit has been granted it. */
function isOfHolder<Q extends Asked['question']>(
  question: Q,
): question is Q & { readonly op: 'renew' | 'settle' } {
  return question.op === 'renew' || question.op === 'settle'
}
