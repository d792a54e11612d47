/** This process's part in a poll of the whole fleet: it answers, and has the answers counted if it began the poll. */
import type { OwnWindow } from '../../circuit/opening/terms.js'
import { fractionOf } from '../../circuit/ttl.js'
import type { Answer, WindowEvidence } from '../../storage/contract.js'
import { CENSUS, POLL, POLL_PATIENCE, POLL_USUAL } from '../../storage/limits.js'
import { only, type Change, type Effect } from './effect.js'
import type { Polling, State } from './state.js'
import { ask, isClosed } from './view.js'

/** Seconds within which the processes answer, so that they do not all answer at once. */
const SPREAD = 0.1
/** Seconds that a command may take, after the times at which answers may decide. */
export const MARGIN = 0.05

export const NOTHING: OwnWindow = { requests: 0, failures: 0 }

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
export function answerPoll(state: State, given = NOTHING, now: number): Change {
  const poll = state.polling.unanswered
  if (poll === 0) return only(state)
  const next = amend(state, { unanswered: 0 })
  if (!isClosed(state)) return only(next)
  if (isSettling(state)) return [state, [start('answer', MARGIN, { on: 'answerDue' })]]
  const window = weighed(state, given, now)
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

/**
 * An opened process sends none of its requests, so all that it had in its window count as failed. After a time nobody
 * knows how many it would have by now. Then only the probe counts that failed last.
 */
export function weighed({ polling, settings }: State, window: OwnWindow, now: number): OwnWindow {
  const { openedAt } = polling
  if (window.openedFor === undefined || openedAt === undefined) return window
  const length = settings.rate?.window
  const life = Math.max(CENSUS, typeof length === 'number' ? length : 0)
  return now - openedAt <= life ? window : { ...window, requests: 1, failures: 1 }
}

/** Evidence waits until the end of a probe is reported: the storage would count it in the old epoch. */
export function isSettling({ probes }: State): boolean {
  return probes.settling > 0
}

export function send(
  state: State,
  { retryAfter, ...window }: WindowEvidence & OwnWindow,
  now: number,
): Effect {
  const blame = window.failures > 0 && { reason: state.evidence.reason, retryAfter }
  return ask(state, { op: 'report', evidence: { age: 0, window }, ...blame }, now)
}

export function start(
  timer: string,
  seconds: number,
  input: Extract<Effect, { do: 'start' }>['input'],
): Effect {
  return { do: 'start', timer, seconds, input }
}

export function amend(state: State, parts: Partial<Polling>): State {
  return { ...state, polling: { ...state.polling, ...parts } }
}
