/** Which failures of this process are suspicious, and when it reports them, or that it has opened its circuit. */
import type { FailureRateTerms, OwnWindow } from '../../circuit/opening/terms.js'
import { SUSPICIOUS } from '../../storage/limits.js'
import { inTurn, only, type Change } from './effect.js'
import type { Ended } from './input.js'
import { amend, isSettling, MARGIN, NOTHING, send, start } from './polling.js'
import type { PollAnswer, State } from './state.js'
import { isClosed } from './view.js'

/** Seconds between two reports of suspicious failures. */
const PAUSE = 0.5
/** The timer of failures that wait to be reported, or of an opening that does. */
const FRESH = 'fresh'

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

function sumOf(one: PollAnswer, { requests, failures }: PollAnswer): PollAnswer {
  const { poll } = one
  return { poll, requests: one.requests + requests, failures: one.failures + failures }
}
