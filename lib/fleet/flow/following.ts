/** Following the fleet, being alone, and coming back. */
import type { Origin } from '../../circuit/types.js'
import type { Snapshot } from '../../storage/contract.js'
import { inTurn, only, type Change, type Effect } from './effect.js'
import { distrustLeases } from './leases.js'
import { unplaced } from './places.js'
import { heed } from './polling.js'
import { clear, forget, report } from './reporting.js'
import { concluded, isOverruled, settleAgain } from './settling.js'
import type { State } from './state.js'
import { stopWaiting } from './suspicion.js'
import { factsOf, isNewer, isTransition, seen, type Sight } from './view.js'

/**
 * Ignores a snapshot that is not newer, because it was late or repeated, and any snapshot while alone. It also
 * ignores a snapshot of an epoch that this process's probe has ended: the storage took it before it knew of that end.
 */
export function adopt(state: State, snapshot: Snapshot, origin: Origin, sight: Sight): Change {
  const before = state.view.snapshot
  if (state.isAlone || !isNewer(before, snapshot) || isOverruled(state, snapshot))
    return only(state)
  return look(state, snapshot, sight, { origin, follows: isTransition(before, snapshot) })
}

/**
 * The storage has refused the end by which this process moved the circuit, so the epoch goes on. A refusal changes
 * nothing, so its version may be known already, or be older after a failover.
 */
export function goBack(state: State, snapshot: Snapshot, sight: Sight): Change {
  const before = state.view.snapshot
  if (state.isAlone || snapshot.epoch !== before.epoch)
    return adopt(state, snapshot, 'local', sight)
  return look(state, snapshot, sight, { origin: 'local', follows: isTransition(before, snapshot) })
}

/** Follows the fleet again. Results from the time alone are not merged. */
export function rejoin(state: State, snapshot: Snapshot, sight: Sight): Change {
  const { now } = sight
  const wasDistrusted = state.isDistrusted
  return inTurn(
    { ...state, isAlone: false, isDistrusted: false },
    (next) => (wasDistrusted ? inTurn(next, forget, (left) => trustFrom(left, now)) : only(next)),
    (next) => lookAgain(next, snapshot, sight),
    (next) => settleAgain(unplaced(next), now),
    (next) => report(next, now),
  )
}

/** From now on, the process uses its own results. */
export function lose(state: State): Change {
  return only({ ...concluded(state), isAlone: true, losses: state.losses + 1 })
}

export function distrust(state: State, now: number): Change {
  return inTurn(distrustLeases({ ...state, isDistrusted: state.isAlone }), forget, (next) =>
    trustFrom(next, now),
  )
}

/** After a time alone, the local circuit keeps its state unless the fleet has news or is stricter. */
function lookAgain(state: State, snapshot: Snapshot, sight: Sight): Change {
  const before = state.view.snapshot
  const isNews = isTransition(before, snapshot) && snapshot.epoch > before.epoch
  const isStricter = snapshot.state !== 'closed' && state.local !== 'opened'
  return look(state, snapshot, sight, { origin: 'shared', follows: isNews || isStricter })
}

function look(
  state: State,
  snapshot: Snapshot,
  sight: Sight,
  { origin, follows }: { readonly origin: Origin; readonly follows: boolean },
): Change {
  const outage: Effect[] = snapshot.state === 'closed' ? [] : [{ do: 'watch' }]
  return inTurn(
    state,
    (next) => [{ ...next, view: seen(next.view, snapshot, sight) }, outage],
    (next) => (follows ? follow(next, snapshot, sight) : only(next)),
    heed,
    (next) => [next, [{ do: 'publish', origin }]],
  )
}

/** Ends an epoch: results that were seen in it no longer count. */
function follow(state: State, snapshot: Snapshot, { now }: Sight): Change {
  const { state: to, openedFor } = snapshot
  return inTurn(state, clear, stopWaiting, (next) => [
    { ...next, local: to },
    [{ do: 'move', to, since: now - openedFor, facts: factsOf(snapshot) }],
  ])
}

function trustFrom(state: State, since: number): Change {
  return [{ ...state, trustedSince: since }, [{ do: 'renewPermit', since }]]
}
