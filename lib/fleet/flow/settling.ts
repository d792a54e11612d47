/** The ends of this process's probes: what they decide here, and what the storage is told. */
import type { Command, Snapshot } from '../../storage/contract.js'
import { inTurn, only, type Change } from './effect.js'
import type { Result, Settled } from './input.js'
import { amend, without } from './leases.js'
import { report } from './reporting.js'
import type { State } from './state.js'
import { ask, presumed } from './view.js'

/** The end of a permit under which no request was sent, or none that proves anything. */
export const UNUSED: Result = { outcome: 'ignored' }

type Settle = Command & { readonly op: 'settle' }

/** A late result counts if the storage still knows the permit, unless the process did not run meanwhile. */
export function settle(state: State, input: Settled, now: number): Change {
  const { token, counted, isInFlight, local, reason, retryAfter } = input
  const lease = state.probes.leases.get(token)
  if (!lease) return only({ ...state, local })
  const view = counted ? presumed(state.view, local, now) : state.view
  const outcome = lease.isDistrusted ? 'ignored' : input.outcome
  const isDecision = counted && local !== 'half-opened' && !state.isAlone
  const decision = isDecision ? { token, epoch: view.snapshot.epoch } : state.probes.decision
  const next = { ...amend(state, { decision }), local, view }
  const slow = { outcome, isInFlight, reason, retryAfter }
  if (isInFlight) return giveBack(next, token, slow, now, state)
  const leases = without(state.probes.leases, token)
  const result = resultOf(state, token, { outcome, reason, retryAfter })
  return inTurn(
    amend(next, { leases }),
    (left) => [left, [{ do: 'stop', timer: token }]],
    (left) => {
      if (!lease.isOwn) return giveBack(left, token, result, now, state)
      // What the storage was never told of, it need not take back.
      return lease.isPlaced ? vacate(left, token, now) : only(left)
    },
  )
}

/** The probe that had the place is over. While alone, the storage is not asked for its sake. */
export function vacate(state: State, token: string, now: number): Change {
  return state.isAlone ? only(noted(state, token, UNUSED)) : giveBack(state, token, UNUSED, now)
}

/** What a probe was counted as in flight is its result, unless the storage has confirmed it. */
function resultOf({ probes }: State, token: string, result: Result): Result {
  const counted = probes.unsettled.get(token)
  return counted ? { ...counted, isInFlight: undefined } : result
}

/** Whether the snapshot is of an epoch that this process has ended, which the storage may not know yet. */
export function isOverruled({ probes }: State, { epoch }: Snapshot): boolean {
  return epoch === probes.decision?.epoch
}

/** The storage decides again. @param token of the end that was answered or given up; any end if it is left out */
export function concluded(state: State, token = state.probes.decision?.token): State {
  if (!state.probes.decision || token !== state.probes.decision.token) return state
  return amend(state, { decision: undefined })
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
  // While alone, nobody knows what the storage does afterwards with a renewal that was given up.
  const isOver = isConfirmed && isLast && !state.isAlone
  const unsettled = isOver ? without(probes.unsettled, token) : probes.unsettled
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

/** @param before the state without the result: a storage that has lost the circuit restores it, and then counts */
export function giveBack(
  state: State,
  token: string,
  result: Result,
  now: number,
  before = state,
): Change {
  const next = amend(noted(state, token, result), { settling: state.probes.settling + 1 })
  return [next, [ask(before, { op: 'settle', token, ...result }, now)]]
}

/** The storage may still hold the token. Its end is told once the storage is found, if it is not told before. */
export function noted(state: State, token: string, result: Result): State {
  return amend(state, { unsettled: new Map(state.probes.unsettled).set(token, result) })
}
