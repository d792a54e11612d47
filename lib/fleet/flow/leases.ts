/** The leases of this process: permits that it holds for its probes, and renews while they run. */
import { only, type Change, type Effect } from './effect.js'
import type { Lease, Probes, State } from './state.js'
import { ask, isClosed } from './view.js'

/** Renewed this often within each lease, so that one lost answer loses no permit. */
const RENEWALS = 3

/** Whether the storage has granted a permit for the probe, and the circuit has not closed since. */
export function isLeased({ probes }: State, token: string): boolean {
  return probes.leases.get(token)?.isOwn === false
}

/** Whether a probe's end counts in the local circuit at once: its permit is surely held, or none is needed. */
export function mayCount({ isAlone, probes }: State, token: string, now: number): boolean {
  if (isAlone) return true
  const lease = probes.leases.get(token)
  // Even if the storage has renewed it since: it is told that a distrusted probe proves nothing.
  return lease !== undefined && !lease.isDistrusted && now <= lease.until
}

/** The local circuit sends a request under the permit. @param grantedAt when the storage was asked for it */
export function lend(state: State, token: string, grantedAt: number, now: number): Change {
  const { settings, probes } = state
  const until = grantedAt + Math.min(settings.lease, settings.probeTimeout)
  // The answer may have waited in the socket of a process that did not run.
  const isPlaced = now <= until
  const lease = { grantedAt, until, isDistrusted: false, isOwn: false, isPlaced }
  const leases = new Map(probes.leases).set(token, lease)
  return [amend(state, { leases }), [renewLater(state, token)]]
}

/**
 * Also tells the storage of a probe that it does not know. No probe holds a permit of a closed circuit. While alone,
 * nothing is asked: all are renewed once the storage is found.
 */
export function renew(state: State, token: string, now: number): Change {
  const lease = state.probes.leases.get(token)
  if (!lease || state.isAlone) return only(state)
  const isPlaced = !isClosed(state)
  const next = isPlaced === lease.isPlaced ? state : withLease(state, token, { ...lease, isPlaced })
  const length = isPlaced ? renewableFor(state, lease, now) : 0
  if (length <= 0) return only(next)
  const command = { op: 'renew', token, lease: length } as const
  return [next, [renewLater(next, token), ask(next, command, now)]]
}

/**
 * The permit of a probe that proves something is held for longer, or is over. The storage then knows of the probe
 * all the same, and has to know of it for as long as it runs.
 *
 * @param until the end of the lease, if it was renewed
 */
export function renewed(state: State, token: string, until: number | undefined): State {
  const lease = state.probes.leases.get(token)
  if (!lease || lease.isOwn || lease.isDistrusted) return state
  const isDistrusted = until === undefined
  return withLease(state, token, { ...lease, until: until ?? -Infinity, isDistrusted })
}

/** What was measured before this moment may be wrong: permits are not known to be held. */
export function distrustLeases(state: State): State {
  const distrusted = [...state.probes.leases].map(
    ([token, lease]) => [token, { ...lease, until: -Infinity, isDistrusted: true }] as const,
  )
  return amend(state, { leases: new Map(distrusted) })
}

/** Once a probe has run for as long as it may, its permit is not renewed any more. */
function renewableFor({ settings }: State, { grantedAt }: Lease, now: number): number {
  return Math.min(settings.lease, grantedAt + settings.probeTimeout - now)
}

function renewLater({ settings }: State, token: string): Effect {
  const seconds = settings.lease / RENEWALS
  return { do: 'start', timer: token, seconds, input: { on: 'renewalDue', token } }
}

function withLease(state: State, token: string, lease: Lease): State {
  return amend(state, { leases: new Map(state.probes.leases).set(token, lease) })
}

export function amend(state: State, parts: Partial<Probes>): State {
  return { ...state, probes: { ...state.probes, ...parts } }
}

export function without<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
): ReadonlyMap<string, Value> {
  if (!map.has(key)) return map
  const left = new Map(map)
  left.delete(key)
  return left
}
