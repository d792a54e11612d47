/** The probes of this process, each under a permit that the whole fleet respects. */
import { lastsFor } from '../../circuit/ttl.js'
import type { Refusal } from '../../circuit/types.js'
import type { Answer, Snapshot } from '../../storage/contract.js'
import { inTurn, only, type Change } from './effect.js'
import type { Admitted } from './input.js'
import { amend, lend, without } from './leases.js'
import { sendOwn } from './places.js'
import { giveBack, isOverruled, noted, UNUSED } from './settling.js'
import type { State } from './state.js'
import { ask, factsOf, isClosed } from './view.js'

export const HALF_OPENED: Refusal = { admitted: false, state: 'half-opened', retryAfter: 0 }

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
  const { granted } = answer
  if (!next.isAlone && !isClosed(next)) {
    if (granted) return [next, [{ do: 'admit', token, leasedAt: at }]]
    return refuse(holdOff(next, answer, at), token, answer, now)
  }
  if (granted && next.isAlone) return decideAlone(next, token)
  const isUnused = granted && isOverruled(next, answer)
  return inTurn(
    next,
    (left) => [left, [{ do: 'admit', token }]],
    (left) => (isUnused ? giveBack(left, token, UNUSED, now) : only(left)),
  )
}

/** The storage may have granted it anyway. The process uses its own results. */
export function notAcquired(state: State, token: string): Change {
  return decideAlone(amend(state, { isAcquiring: false }), token)
}

/** The request was decided about without this permit. If it is in flight, it keeps the permit. */
export function acquiredLate(state: State, token: string, granted: boolean, now: number): Change {
  if (state.probes.leases.has(token)) return only(state)
  if (granted) return giveBack(state, token, UNUSED, now)
  return only(amend(state, { unsettled: without(state.probes.unsettled, token) }))
}

/** The local circuit has decided about a request. If it was refused after all, its permit goes back. */
export function admitted(state: State, { local, lease, own }: Admitted, now: number): Change {
  const next = { ...state, local }
  if (own !== undefined) return only(sendOwn(next, own, now))
  if (!lease) return only(next)
  const { token, grantedAt, isTaken } = lease
  if (!isTaken) return giveBack(next, token, UNUSED, now)
  return lend(next, token, grantedAt, now)
}

/** If the request is not sent, the permit that the storage may hold for it goes back once the storage is found. */
function decideAlone(state: State, token: string): Change {
  return [noted(state, token, UNUSED), [{ do: 'admit', token }]]
}

/**
 * For this process, a permit may be free later than a message about the same version said: its sender may allow more
 * probes, as in a rolling deploy.
 */
function holdOff(state: State, { version, heldFor }: Snapshot, at: number): State {
  const { view } = state
  if (version !== view.snapshot.version) return state
  return { ...state, view: { ...view, heldUntil: Math.max(view.heldUntil, at + heldFor) } }
}

/** Refuses with the storage's state: by its own clock, the process may be ahead of the storage. */
function refuse(state: State, token: string, snapshot: Snapshot, now: number): Change {
  const { state: found, openedFor } = snapshot
  if (found !== 'opened') return [state, [{ do: 'refuse', token, refusal: HALF_OPENED }]]
  const facts = factsOf(snapshot)
  const lasts = lastsFor(state.settings, facts ?? {})
  const retryAfter = Math.max(0, lasts - openedFor)
  const refusal: Refusal = { admitted: false, state: found, retryAfter }
  const since = now - openedFor
  return [
    { ...state, local: 'opened' },
    [
      { do: 'move', to: 'opened', since, facts },
      { do: 'refuse', token, refusal },
    ],
  ]
}
