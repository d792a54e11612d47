/** A report: evidence, which may open a closed circuit. */
import type { Question } from '../contract.js'
import { POLL } from '../limits.js'
import { change, grant, type Asked, type Draft } from './draft.js'
import { replaced } from './evidence.js'
import { isPooledRate, pooled, type Pool } from './opening/pool.js'
import type { Reporting } from './opening/reporting.js'
import { isStreak, sumOf } from './opening/streak.js'
import { open, type OpenedBy } from './rounds.js'

type Report = Question & { op: 'report' }

/** Counts only if the process knows the epoch: what it saw before a transition is no evidence after it. */
export function report(draft: Draft, question: Report, asked: Asked): Draft {
  const { known, now } = asked
  if (draft.kept.state !== 'closed' || draft.kept.epoch > known.epoch) return draft
  const evidence = replaced(draft.kept.evidence, question, now)
  const reported = grant(change(draft, { evidence }))
  const { terms, reason: lastFailure, retryAfter = 0 } = question
  if (isStreak(evidence, terms.opening.threshold, terms.quorum)) {
    const failureCount = sumOf(evidence)
    const longest = Math.max(retryAfter, ...evidence.map((entry) => entry.retryAfter ?? 0))
    const facts = { openedAt: now, lastFailure, retryAfter: longest, failureCount }
    return open(reported, asked, { cause: 'streak', ...facts })
  }
  const reporting = reportingOf(question, now)
  return reporting ? openByRate(reported, reporting, asked) : reported
}

function openByRate(draft: Draft, reporting: Reporting, asked: Asked): Draft {
  const pool = pooled(draft.kept.pool, reporting)
  const isBegun = pool.poll?.id === 0
  const next = { ...change(draft, { pool }), isNews: draft.isNews || isBegun }
  return isPooledRate(pool, reporting) ? open(next, asked, factsOf(pool, reporting)) : next
}

/** The opening dates from when a process last opened its circuit by itself, if that was during the poll. */
function factsOf({ poll }: Pool, { reason, now }: Reporting): OpenedBy {
  const cause = 'rate'
  if (!poll) return { cause, openedAt: now, lastFailure: reason, retryAfter: 0 }
  const { openedAt, failures, share } = poll
  return {
    cause,
    openedAt: now - openedAt <= POLL ? openedAt : now,
    failureCount: Math.round(failures / share),
    lastFailure: reason ?? poll.lastFailure,
    retryAfter: poll.retryAfter,
  }
}

function reportingOf({ evidence, ...question }: Report, now: number): Reporting | undefined {
  const { window } = evidence
  const { failureRate: rate } = question.terms.opening
  return window && rate ? { ...question, window, rate, now } : undefined
}
