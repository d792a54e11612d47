/** Decides which failures a process reports, and when. */
import type { CircuitState } from '../../circuit/types.js'
import type { Answer } from '../../storage/contract.js'
import { LONGEST_PROOF, proofLife } from '../../storage/limits.js'
import { inTurn, only, type Change, type Effect } from './effect.js'
import type { Ended } from './input.js'
import type { Evidence, State } from './state.js'
import { ask } from './view.js'

/**
 * Seconds for which a streak waits before it is reported. A success in that time ends it, and nothing is
 * sent: one error among many requests costs nothing. A streak of `threshold` does not wait.
 *
 * Measured on a model of 7 processes with 50 requests/s and 5 % errors each, beside one that is cut off
 * (`quorum: 2`, `threshold: 5`): if the second failure ended the wait, noise would open the circuit about
 * once in ten minutes; with the whole streak waiting, it opens no more often than one process's own.
 */
export const HOLD = 0.05
/** A report that was refused is sent once more: nobody's epoch changes twice in a round trip. */
const MOST_REFUSALS = 2

const HOLD_BACK = {
  do: 'start',
  timer: 'hold',
  seconds: HOLD,
  input: { on: 'heldBack' },
} as const satisfies Effect

/** Evidence that a success would neither end nor take back. */
export function isClean({ streak, reportedAt }: Evidence): boolean {
  return streak === 0 && reportedAt === undefined
}

/** Whether a success changes nothing, as is usual. */
export function isQuiet({ local, isAlone, view, evidence }: State, now: CircuitState): boolean {
  if (local !== 'closed' || now !== local) return false
  const { state, failureCount } = view.snapshot
  if (failureCount > 0 || !isClean(evidence)) return false
  return !isAlone || state === 'closed'
}

export function note(state: State, ended: Ended, now: number): Change {
  if (ended.outcome === 'failure') return fail(state, ended, now)
  return ended.outcome === 'success' ? succeed(state, now) : only(state)
}

/** One report at a time: what is seen meanwhile goes into the next. */
export function report(state: State, now: number): Change {
  const { inFlight, isDue } = state.evidence
  return inFlight || !isDue ? only(state) : sendNext(state, 0, now)
}

/** Does not wait for the next result. */
export function hurry(state: State, now: number): Change {
  return state.evidence.isHeldBack ? becomeDue(state, now) : report(state, now)
}

/** Results so far are no longer evidence. The next success takes back what the storage has of them. */
export function forget(state: State): Change {
  return amend(state, { streak: 0, isDue: false, isHeldBack: false })
}

/** The epoch is over, and the storage has dropped its evidence. */
export function clear(state: State): Change {
  return amend(state, { streak: 0, isDue: false, isHeldBack: false, reportedAt: undefined })
}

/** A report was carried out, unless its epoch was over, which is known by now. */
export function reported(state: State, { granted, state: found }: Answer, now: number): Change {
  const { inFlight, streak, isDue } = state.evidence
  if (!inFlight) return only(state)
  const isRefused = !granted && found === 'closed'
  const refusals = isRefused ? inFlight.refusals + 1 : 0
  return inTurn(
    state,
    (next) => amend(next, { inFlight: undefined, isDue: isDue || (isRefused && streak > 0) }),
    (next) => sendNext(next, refusals, now),
  )
}

/** Nobody knows whether the storage has it. The local circuit has counted the failures. */
export function notReported(state: State, now: number): Change {
  const { inFlight, reportedAt } = state.evidence
  if (!inFlight) return only(state)
  return inTurn(
    state,
    (next) => amend(next, { inFlight: undefined, reportedAt: reportedAt ?? inFlight.before }),
    (next) => sendNext(next, 0, now),
  )
}

function succeed(state: State, now: number): Change {
  if (isClean(state.evidence)) return only(state)
  // It may stand for longer in the eyes of a process with a longer ttl, as in a rolling deploy.
  const isDue = isReported(state, LONGEST_PROOF, now)
  const reportedAt = isDue ? state.evidence.reportedAt : undefined
  return inTurn(
    state,
    (next) => amend(next, { streak: 0, isDue, isHeldBack: false, reportedAt }),
    (next) => report(next, now),
  )
}

function fail(state: State, { reason, retryAfter }: Ended, now: number): Change {
  // No number of them opens the fleet's circuit.
  if (state.settings.threshold === Infinity) return amend(state, { reason, retryAfter })
  const streak = state.evidence.streak + 1
  const { threshold, ttl } = state.settings
  const isEnough = streak >= threshold || isReported(state, proofLife(ttl), now)
  return inTurn(
    state,
    (next) => amend(next, { streak, reason, retryAfter, failedAt: now }),
    // A failure that was due before has waited for too long, or is reported with this one: never twice.
    (next) => (isEnough ? becomeDue(next, now) : amend(next, { isHeldBack: true, isDue: false })),
  )
}

/** Whether what was reported still stands, if it stands for so many seconds. */
function isReported({ evidence: { reportedAt } }: State, life: number, now: number): boolean {
  return reportedAt !== undefined && now - reportedAt <= life
}

function becomeDue(state: State, now: number): Change {
  return inTurn(
    state,
    (next) => amend(next, { isDue: true, isHeldBack: false }),
    (next) => report(next, now),
  )
}

/** Evidence waits until the end of a probe is reported: the storage would count it in the old epoch. */
function sendNext(state: State, refusals: number, now: number): Change {
  const { isDue, streak, failedAt, reason, retryAfter, reportedAt } = state.evidence
  const maySend = !state.isAlone && state.probes.settling === 0
  if (!isDue || !maySend || refusals >= MOST_REFUSALS) return only(state)
  const age = streak > 0 ? now - failedAt : 0
  // It is too old to prove anything, and so is what the storage has of it.
  if (age > proofLife(state.settings.ttl)) return amend(state, { isDue: false })
  const [next] = amend(state, {
    isDue: false,
    reportedAt: streak > 0 ? failedAt : undefined,
    inFlight: { refusals, before: reportedAt },
  })
  const command = { op: 'report', evidence: { failures: streak, age } } as const
  return [next, [ask(next, streak > 0 ? { ...command, reason, retryAfter } : command, now)]]
}

/** The timer that holds a streak back runs for as long as the state says so. */
function amend(state: State, parts: Partial<Evidence>): Change {
  const evidence = { ...state.evidence, ...parts }
  const next = { ...state, evidence }
  if (evidence.isHeldBack === state.evidence.isHeldBack) return only(next)
  return [next, [evidence.isHeldBack ? HOLD_BACK : { do: 'stop', timer: HOLD_BACK.timer }]]
}
