/**
 * The shared circuit as one flow: each input turns a state into the next state and the requested effects. It
 * waits for nothing, and reads no clock.
 */
import { inTurn, only, type Change } from './effect.js'
import { adopt, distrust, goBack, lose, rejoin } from './following.js'
import type { Answer, Command, Evidence, WindowEvidence } from '../../storage/contract.js'
import type { Answered, Ended, Input } from './input.js'
import * as leases from './leases.js'
import * as places from './places.js'
import * as polling from './polling.js'
import * as probing from './probing.js'
import * as reporting from './reporting.js'
import * as settling from './settling.js'
import type { State } from './state.js'
import * as suspicion from './suspicion.js'
import { overruled, presumed } from './view.js'

type Report = Command & { readonly op: 'report' }

type Handlers = {
  readonly [On in Input['on']]: (
    state: State,
    input: Extract<Input, { readonly on: On }>,
    now: number,
  ) => Change
}

const HANDLERS: Handlers = {
  initialized: (state) => only({ ...state, isInitialized: true }),
  ended,
  settled: settling.settle,
  wanted: (state, { token }, now) => probing.acquire(state, token, now),
  admitted: probing.admitted,
  renewalDue: (state, { token }, now) => leases.renew(state, token, now),
  answered,
  unanswered: (state, { to }, now) => unanswered(state, to, now),
  late,
  read,
  pushed: (state, { snapshot, isOwn }, now) =>
    adopt(state, snapshot, isOwn ? 'local' : 'shared', { at: now, now }),
  lost: lose,
  unusable: (state) => [{ ...state, isAlone: true }, [{ do: 'watch' }]],
  distrusted: (state, _input, now) => distrust(state, now),
  heldBack: (state, _input, now) =>
    state.evidence.isHeldBack ? reporting.hurry(state, now) : only(state),
  hurried: (state, { window }, now) =>
    inTurn(
      state,
      (next) => reporting.hurry(next, now),
      (next) => suspicion.reportWaiting(next, window, now),
      (next) => polling.answerPoll(next, window, now),
      (next) => polling.tally(next, false, now),
    ),
  freshDue: (state, { window }, now) => suspicion.reportWaiting(state, window, now),
  answerDue: (state, { window }, now) => polling.answerPoll(state, window, now),
  tallyDue: (state, { isLast }, now) => polling.tally(state, isLast, now),
  released: (state) => inTurn(state, reporting.forget, suspicion.stopWaiting),
}

/** @param now monotonic seconds */
export function step(state: State, input: Input, now: number): Change {
  const handle = HANDLERS[input.on] as (state: State, input: Input, now: number) => Change
  return inTurn(
    state,
    (before) => handle(before, input, now),
    (next) => places.place(next, now),
  )
}

function ended(state: State, input: Ended, now: number): Change {
  const { outcome, grantedAt, local } = input
  const overruling = overruled(state.view, outcome)
  // The process overcame the outage alone. Later openings are its own, and no outage of the fleet.
  const isOvercome = state.isAlone && local === 'closed'
  const view = isOvercome ? presumed(overruling, 'closed', now) : overruling
  const isSame = view === state.view && local === state.local
  const next = isSame ? state : { ...state, view, local }
  if (grantedAt < state.trustedSince) return only(next)
  return inTurn(
    next,
    (left) => reporting.note(left, input, now),
    (left) => suspicion.suspect(left, input, state.local, now),
  )
}

function answered(state: State, { to, answer, at }: Answered, now: number): Change {
  const concluded = to.op === 'settle' ? settling.concluded(state, to.token) : state
  const isRefused = concluded !== state && !answer.granted
  const sight = { at, now }
  return inTurn(
    concluded,
    (next) => (isRefused ? goBack(next, answer, sight) : adopt(next, answer, 'local', sight)),
    (next) => {
      if (to.op === 'report') return reported(next, to, answer, now)
      if (to.op === 'acquire') return probing.acquired(next, to.token, answer, sight)
      if (to.op === 'settle') return settling.settled(next, to, true, now)
      if (to.op === 'read') return only(next)
      return places.placed(next, { to, answer, at }, now)
    },
  )
}

/** A failed renewal may succeed at the next try. Until then the rest of the lease holds. */
function unanswered(state: State, to: Answered['to'], now: number): Change {
  if (to.op === 'report') return notReported(state, to, now)
  if (to.op === 'acquire') return probing.notAcquired(state, to.token)
  if (to.op === 'renew') return places.notPlaced(state, to.token, now)
  if (to.op === 'read') return only(state)
  return settling.settled(settling.concluded(state, to.token), to, false, now)
}

function reported(state: State, { evidence }: Report, answer: Answer, now: number): Change {
  const window = windowOf(evidence)
  if (!window) return reporting.reported(state, answer, now)
  return polling.polled(answer.granted ? state : suspicion.notReported(state, window), answer, now)
}

function notReported(state: State, { evidence }: Report, now: number): Change {
  const window = windowOf(evidence)
  return window ? only(suspicion.notReported(state, window)) : reporting.notReported(state, now)
}

/** Set if the report is of the window alone: what was reported of the streak stands. */
function windowOf({ failures, window }: Evidence): WindowEvidence | undefined {
  return failures === undefined ? window : undefined
}

function late(state: State, { to, answer }: Pick<Answered, 'to' | 'answer'>, now: number): Change {
  if (to.op === 'renew') return places.takeBack(state, to.token, answer, now)
  if (to.op !== 'acquire') return only(state)
  return probing.acquiredLate(state, to.token, answer.granted, now)
}

function read(state: State, input: Extract<Input, { on: 'read' }>, now: number): Change {
  const { answer, at, losses } = input
  const sight = { at, now }
  if (!state.isAlone) return adopt(state, answer, 'shared', sight)
  return losses === state.losses ? rejoin(state, answer, sight) : only(state)
}
