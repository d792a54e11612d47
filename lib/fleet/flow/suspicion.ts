/** Which failures of this process are suspicious, and when it reports them, or that it has opened its circuit. */
import type { FailureRateTerms, OwnWindow } from '../../circuit/opening/terms.js'
import type { CircuitState } from '../../circuit/types.js'
import type { WindowEvidence } from '../../storage/contract.js'
import { SUSPICIOUS } from '../../storage/limits.js'
import { inTurn, only, type Change } from './effect.js'
import type { Ended } from './input.js'
import { amend, isSettling, MARGIN, NOTHING, send, start, weighed } from './polling.js'
import type { PollAnswer, State } from './state.js'
import { isClosed } from './view.js'

/** Seconds between two reports of suspicious failures. */
const PAUSE = 0.5
/** The timer of failures that wait to be reported, or of an opening that does. */
const FRESH = 'fresh'

/**
 * Reports failures if their rate is suspicious, and at once that the process has opened its circuit.
 *
 * @param before the state of the local circuit before the result
 */
export function suspect(
  state: State,
  { window, outcome }: Ended,
  before: CircuitState,
  now: number,
): Change {
  const { rate } = state.settings
  if (!rate || !window) return only(state)
  const { unreported } = state.polling
  if (window.openedFor !== undefined) {
    // All of the window is news once. Each probe that fails later is one failure more.
    const isNew = before === 'closed'
    const news = isNew
      ? { unreported: window.requests, openedAt: now }
      : { unreported: unreported + 1 }
    return reportOpening(amend(state, news), window, now)
  }
  if (outcome !== 'failure') return only(state)
  const next = amend(state, { unreported: unreported + 1 })
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

/** The others may not know of an opening: the next probe that fails reports all of it again. */
export function notReported(state: State, { openedFor, fresh }: WindowEvidence): State {
  if (openedFor === undefined) return state
  return amend(state, { unreported: state.polling.unreported + fresh })
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

function reportOpening(state: State, given: OwnWindow, now: number): Change {
  const { answer } = state.polling
  const window = weighed(state, given, now)
  const { requests } = window
  const fresh = freshIn(state, window)
  const maySend = isClosed(state) && !isSettling(state)
  if (!answer || !maySend) return reportFresh(state, window, fresh, now)
  // The answer that it has given to the poll had too few failures.
  const { poll } = answer
  const missing = {
    poll,
    requests: Math.max(0, requests - answer.requests),
    failures: Math.max(0, requests - answer.failures),
  }
  const next = amend(state, { answer: sumOf(answer, missing) })
  return reportFresh(next, { ...window, ...missing }, fresh, now)
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
