/** A report: evidence, which may open a closed circuit. */
import type { Question } from '../contract.js'
import { change, grant, move, type Asked, type Draft } from './draft.js'
import { replaced } from './evidence.js'
import { opens } from './opening/opening.js'
import { sumOf } from './opening/streak.js'

/** Counts only if the process knows the epoch: what it saw before a transition is no evidence after it. */
export function report(
  draft: Draft,
  question: Question & { op: 'report' },
  { known, now }: Asked,
): Draft {
  if (draft.kept.state !== 'closed' || draft.kept.epoch > known.epoch) return draft
  const evidence = replaced(draft.kept.evidence, question, now)
  const reported = grant(change(draft, { evidence }))
  if (!opens(evidence, question.terms)) return reported
  const failureCount = sumOf(evidence)
  return move(reported, 'opened', { openedAt: now, failureCount, lastFailure: question.reason })
}
