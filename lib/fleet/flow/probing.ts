/** The probes of this process, each under a permit that the whole fleet respects. */
import { lastsFor } from '../../circuit/ttl.js'
import type { Refusal } from '../../circuit/types.js'
import type { Answer, Command, Snapshot } from '../../storage/contract.js'
import { inTurn, only, type Change } from './effect.js'
import type { Admitted, Result, Settled } from './input.js'
import { amend, lend, without } from './leases.js'
import { report } from './reporting.js'
import type { State } from './state.js'
import { ask, factsOf, isClosed, presumed } from './view.js'

export const HALF_OPENED: Refusal = { admitted: false, state: 'half-opened', retryAfter: 0 }
type Settle = Command & { readonly op: 'settle' }

/** The end of a permit under which no request was sent. */
const UNUSED: Result = { outcome: 'ignored' }

/** One request at a time asks. Those that come meanwhile are refused: another request will be the probe. */
export function acquire(state: State, token: string, now: number): Change {
  const next = amend(state, { isAcquiring: true })
  return [next, [ask(next, { op: 'acquire', token }, now)]]
}

/** @param at when the permit was asked for */
export function acquired(
  state: State,
  token: string,
  answer: Answer,
  { at, now }: { readonly at: number; readonly now: number },
): Change {
  const next = amend(state, { isAcquiring: false })
  if (isClosed(next)) return [next, [{ do: 'admit', token }]]
  if (!next.isAlone) {
    if (answer.granted) return [next, [{ do: 'admit', token, leasedAt: at }]]
    return refuse(next, token, answer, { at, now })
  }
  return inTurn(
    next,
    (left) => [left, [{ do: 'admit', token }]],
    (left) => (answer.granted ? giveBack(left, token, UNUSED, now) : only(left)),
  )
}

/** The storage may have granted it anyway. The process uses its own results. */
export function notAcquired(state: State, token: string): Change {
  const unsettled = new Map(state.probes.unsettled).set(token, UNUSED)
  return [amend(state, { isAcquiring: false, unsettled }), [{ do: 'admit', token }]]
}

/** The request was sent or refused without this permit in the meantime. */
export function acquiredLate(state: State, token: string, granted: boolean, now: number): Change {
  if (granted) return giveBack(state, token, UNUSED, now)
  return only(amend(state, { unsettled: without(state.probes.unsettled, token) }))
}

/** The local circuit has decided about a request. If it was refused after all, its permit goes back. */
export function admitted(state: State, { local, lease }: Admitted, now: number): Change {
  const next = { ...state, local }
  if (!lease) return only(next)
  const { token, grantedAt, isTaken } = lease
  if (!isTaken) return giveBack(next, token, UNUSED, now)
  return lend(next, token, grantedAt)
}

/** A late result counts if the storage still knows the permit, unless the process did not run meanwhile. */
export function settle(state: State, input: Settled, now: number): Change {
  const { token, counted, isInFlight, local, reason, retryAfter } = input
  const lease = state.probes.leases.get(token)
  if (!lease) return only({ ...state, local })
  const view = counted ? presumed(state.view, local, now) : state.view
  const outcome = lease.isDistrusted ? 'ignored' : input.outcome
  const next = { ...state, local, view }
  const slow = { outcome, isInFlight, reason, retryAfter }
  if (isInFlight) return giveBack(next, token, slow, now, state)
  const leases = without(state.probes.leases, token)
  const result = resultOf(state, token, { outcome, reason, retryAfter })
  return inTurn(
    amend(next, { leases }),
    (left) => [left, [{ do: 'stop', timer: token }]],
    (left) => giveBack(left, token, result, now, state),
  )
}

/** What a probe was counted as in flight is its result, unless the storage has confirmed it. */
function resultOf({ probes }: State, token: string, result: Result): Result {
  const counted = probes.unsettled.get(token)
  return counted ? { ...counted, isInFlight: undefined } : result
}

/** @param isConfirmed whether the storage has answered */
export function settled(
  state: State,
  { token, isInFlight }: Settle,
  isConfirmed: boolean,
  now: number,
): Change {
  const { probes } = state
  // A probe may have ended while the storage counted it in flight.
  const isLast = probes.unsettled.get(token)?.isInFlight === isInFlight
  const unsettled = isConfirmed && isLast ? without(probes.unsettled, token) : probes.unsettled
  // Evidence that waited for this end may be reported now, unless another end is on its way.
  return report(amend(state, { unsettled, settling: probes.settling - 1 }), now)
}

/** Sends unconfirmed ends again, as they were. They change nothing if another process has the permit by now. */
export function settleAgain(state: State, now: number): Change {
  const all = [...state.probes.unsettled]
  return inTurn(
    state,
    ...all.map(
      ([token, result]) =>
        (next: State) =>
          giveBack(next, token, result, now),
    ),
  )
}

/** Refuses with the storage's state: by its own clock, the process may be ahead of the storage. */
function refuse(
  state: State,
  token: string,
  snapshot: Snapshot,
  { at, now }: { readonly at: number; readonly now: number },
): Change {
  const { state: found, openedFor } = snapshot
  if (found !== 'opened') return [state, [{ do: 'refuse', token, refusal: HALF_OPENED }]]
  const facts = factsOf(snapshot)
  const lasts = lastsFor(state.settings, facts ?? {})
  const retryAfter = Math.max(0, lasts - (now - at + openedFor))
  const refusal: Refusal = { admitted: false, state: found, retryAfter }
  const since = at - openedFor
  return [
    { ...state, local: 'opened' },
    [
      { do: 'move', to: 'opened', since, facts },
      { do: 'refuse', token, refusal },
    ],
  ]
}

/** @param before the state without the result: a storage that has lost the circuit restores it, and then counts */
function giveBack(
  state: State,
  token: string,
  result: Result,
  now: number,
  before = state,
): Change {
  const unsettled = new Map(state.probes.unsettled).set(token, result)
  const next = amend(state, { unsettled, settling: state.probes.settling + 1 })
  return [next, [ask(before, { op: 'settle', token, ...result }, now)]]
}
