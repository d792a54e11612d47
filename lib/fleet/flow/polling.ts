/**
 * This process's part in the rate of the whole fleet: it reports failures that are suspicious, and answers
 * the storage when that polls all processes.
 */
import type { FailureRateTerms, OwnWindow } from '../../circuit/opening/terms.js'
import { fractionOf } from '../../circuit/ttl.js'
import type { Answer, WindowEvidence } from '../../storage/contract.js'
import { POLL, POLL_PATIENCE, POLL_USUAL, SUSPICIOUS } from '../../storage/limits.js'
import { inTurn, only, type Change, type Effect } from './effect.js'
import type { Ended } from './input.js'
import type { PollAnswer, Polling, State } from './state.js'
import { ask, isClosed } from './view.js'

/** Seconds between two reports of suspicious failures. */
const PAUSE = 0.5
/** Seconds within which the processes answer, so that they do not all answer at once. */
const SPREAD = 0.1
/** Seconds that a command may take, after the times at which answers may decide. */
const MARGIN = 0.05
/** The timer of failures that wait to be reported, or of an opening that does. */
const FRESH = 'fresh'

const NOTHING: OwnWindow = { requests: 0, failures: 0 }

/** Reports failures if their rate is suspicious, and at once that the process has opened its circuit. */
export function suspect(state: State, { window, outcome }: Ended, now: number): Change {
  const { rate } = state.settings
  if (!rate || !window) return only(state)
  if (window.openedFor !== undefined) return reportOpening(state, window, now)
  if (outcome !== 'failure') return only(state)
  const next = amend(state, { unreported: state.polling.unreported + 1 })
  if (!isSuspicious(window, rate)) return only(next)
  const { reportedAt, share, isWaiting } = next.polling
  // The more processes there are, the less often each of them reports.
  const pause = PAUSE / share - (now - reportedAt)
  if (pause <= 0) return reportFresh(next, window, freshIn(next, window), now)
  return isWaiting ? only(next) : wait(next, pause)
}

/** Reports what has waited: no other failure may follow, or not for as long as these are in the window. */
export function reportWaiting(state: State, window = NOTHING, now: number): Change {
  const { rate } = state.settings
  if (!rate || !state.polling.isWaiting) return only(state)
  return inTurn(state, stopWaiting, (next) => {
    if (window.openedFor !== undefined) return reportOpening(next, window, now)
    return isSuspicious(window, rate)
      ? reportFresh(next, window, freshIn(next, window), now)
      : only(next)
  })
}

export function stopWaiting(state: State): Change {
  if (!state.polling.isWaiting) return only(state)
  return [amend(state, { isWaiting: false }), [{ do: 'stop', timer: FRESH }]]
}

function wait(state: State, seconds: number): Change {
  return [amend(state, { isWaiting: true }), [start(FRESH, seconds, { on: 'freshDue' })]]
}

function isSuspicious({ requests, failures }: OwnWindow, { threshold }: FailureRateTerms): boolean {
  return failures >= SUSPICIOUS * threshold * requests
}

/** Those that are not reported yet, and still in the window. */
function freshIn({ polling }: State, { failures }: OwnWindow): number {
  return Math.min(polling.unreported, failures)
}

/** An opened process sends none of its requests, so all of them count as failed. */
function reportOpening(state: State, window: OwnWindow, now: number): Change {
  const { answer } = state.polling
  const { requests } = window
  const maySend = isClosed(state) && !isSettling(state)
  if (!answer || !maySend) return reportFresh(state, window, requests, now)
  // The answer that it has given to the poll had too few failures.
  const { poll } = answer
  const missing = {
    poll,
    requests: Math.max(0, requests - answer.requests),
    failures: Math.max(0, requests - answer.failures),
  }
  const next = amend(state, { answer: sumOf(answer, missing) })
  return reportFresh(next, { ...window, ...missing }, requests, now)
}

function reportFresh(
  state: State,
  window: OwnWindow & { readonly poll?: number },
  fresh: number,
  now: number,
): Change {
  if (fresh === 0 || !isClosed(state)) return only(state)
  if (isSettling(state)) return wait(state, MARGIN)
  return inTurn(amend(state, { unreported: 0, reportedAt: now }), stopWaiting, (next) => [
    next,
    [send(next, { poll: 0, ...window, fresh }, now)],
  ])
}

/** The storage polls all processes: each draws whether it answers, and when. */
export function heed(state: State): Change {
  const { rate, lot } = state.settings
  const { poll } = state.view.snapshot
  if (!rate || !poll || poll.id === state.polling.newest) return only(state)
  const drawn = (lot + fractionOf(poll.id)) % 1
  const isDrawn = drawn < poll.share
  const { id: newest, share } = poll
  const next = amend(state, { newest, share, unanswered: isDrawn ? newest : 0, answer: undefined })
  if (!isDrawn) return only(next)
  return [next, [start('answer', (drawn / poll.share) * SPREAD, { on: 'answerDue' })]]
}

/** A process without requests has nothing to say, but it may open its circuit during the poll. */
export function answerPoll(state: State, window = NOTHING, now: number): Change {
  const poll = state.polling.unanswered
  if (poll === 0) return only(state)
  const next = amend(state, { unanswered: 0 })
  if (!isClosed(state)) return only(next)
  if (isSettling(state)) return [state, [start('answer', MARGIN, { on: 'answerDue' })]]
  const { requests, failures } = window
  const answered = amend(next, { answer: { poll, requests, failures } })
  if (requests === 0) return only(answered)
  return [answered, [send(answered, { ...window, fresh: 0, poll }, now)]]
}

/** If a report made the storage poll all processes, its sender has the answers counted. */
export function polled(state: State, { poll, version }: Answer, now: number): Change {
  if (poll?.id !== version) return only(state)
  const input = { on: 'tallyDue', isLast: false } as const
  const next = amend(state, { begun: { poll: version, at: now } })
  return [next, [start('tally', POLL_USUAL + MARGIN, input)]]
}

/** Has the answers counted, and once more when all have had the time to answer. */
export function tally(state: State, isLast: boolean, now: number): Change {
  const { begun, newest } = state.polling
  if (!begun) return only(state)
  const isOver = begun.poll !== newest || now - begun.at > POLL || !isClosed(state)
  if (isOver) return only(amend(state, { begun: undefined }))
  if (isSettling(state)) return [state, [start('tally', MARGIN, { on: 'tallyDue', isLast })]]
  const counting = send(state, { requests: 0, failures: 0, fresh: 0, poll: 0 }, now)
  if (isLast) return [state, [counting]]
  const input = { on: 'tallyDue', isLast: true } as const
  return [state, [counting, start('tally', POLL_PATIENCE - POLL_USUAL, input)]]
}

/** Evidence waits until the end of a probe is reported: the storage would count it in the old epoch. */
function isSettling({ probes }: State): boolean {
  return probes.settling > 0
}

function send(
  state: State,
  { retryAfter, ...window }: WindowEvidence & OwnWindow,
  now: number,
): Effect {
  const blame = window.failures > 0 && { reason: state.evidence.reason, retryAfter }
  return ask(state, { op: 'report', evidence: { age: 0, window }, ...blame }, now)
}

function start(
  timer: string,
  seconds: number,
  input: Extract<Effect, { do: 'start' }>['input'],
): Effect {
  return { do: 'start', timer, seconds, input }
}

function sumOf(one: PollAnswer, { requests, failures }: PollAnswer): PollAnswer {
  const { poll } = one
  return { poll, requests: one.requests + requests, failures: one.failures + failures }
}

function amend(state: State, parts: Partial<Polling>): State {
  return { ...state, polling: { ...state.polling, ...parts } }
}
