/**
 * What the storage has to know of this process's probes. As long as a probe is in flight, it holds a permit, or at
 * least the place of one: whether the storage has granted it, has ended its lease since, or was not asked.
 */
import type { Answer, Command } from '../../storage/contract.js'
import { inTurn, only, type Change } from './effect.js'
import { amend, renew, renewed, without } from './leases.js'
import { vacate } from './settling.js'
import type { Lease, State } from './state.js'

type Renew = Command & { readonly op: 'renew' }

/** A probe is sent without a permit. The storage may hold one for it, if it was asked and has not answered in time. */
export function sendOwn(state: State, token: string, now: number): State {
  const { leases, unsettled } = state.probes
  const isPlaced = state.isAlone && unsettled.has(token)
  const own: Lease = {
    grantedAt: now,
    until: -Infinity,
    isDistrusted: false,
    isOwn: true,
    isPlaced,
  }
  return amend(state, {
    leases: new Map(leases).set(token, own),
    unsettled: without(unsettled, token),
  })
}

/** The storage may have lost what it knew, or have ended the leases in the meantime. */
export function unplaced(state: State): State {
  if (state.probes.leases.size === 0) return state
  const leases = [...state.probes.leases].map(
    ([token, lease]) => [token, { ...lease, isPlaced: false }] as const,
  )
  return amend(state, { leases: new Map(leases) })
}

/** Call this after each input. A closed circuit has no probes: those in flight are ordinary requests from then on. */
export function place(state: State, now: number): Change {
  const { isAlone, local, view, probes } = state
  if (isAlone || probes.leases.size === 0) return only(state)
  if (view.snapshot.state !== 'closed') return placeAll(state, now)
  // Before the storage has confirmed that it is closed, the circuit may half-open again.
  return local === 'closed' && !probes.decision ? dropAll(state) : only(state)
}

/** The storage has answered a renewal. */
export function placed(
  state: State,
  { to: { token, lease }, answer, at }: { to: Renew; answer: Answer; at: number },
  now: number,
): Change {
  if (!state.probes.leases.has(token)) return takeBack(state, token, answer, now)
  return only(renewed(state, token, answer.granted ? at + lease : undefined))
}

/** The probe has ended. The storage may have learnt of that before it was told of the probe, which then has a place. */
export function takeBack(
  state: State,
  token: string,
  { granted, state: found }: Answer,
  now: number,
): Change {
  const isOver = granted || found === 'closed' || state.probes.leases.has(token)
  return isOver ? only(state) : vacate(state, token, now)
}

/** A renewal was not answered. The storage may have been told of a probe that has ended. */
export function notPlaced(state: State, token: string, now: number): Change {
  const { leases, unsettled } = state.probes
  if (leases.has(token) || unsettled.has(token)) return only(state)
  return vacate(state, token, now)
}

function placeAll(state: State, now: number): Change {
  const due = [...state.probes.leases].filter(([, { isPlaced }]) => !isPlaced)
  return inTurn(
    state,
    ...due.map(
      ([token]) =>
        (next: State) =>
          renew(next, token, now),
    ),
  )
}

function dropAll(state: State): Change {
  const timers = [...state.probes.leases.keys()]
  return [
    amend(state, { leases: new Map() }),
    timers.map((timer) => ({ do: 'stop', timer }) as const),
  ]
}
