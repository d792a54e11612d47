/** Who wins: what the fleet's newest snapshot says, or what this process has seen itself. */
import type { CircuitState, Outcome } from '../../circuit/types.js'
import type { Command, Snapshot } from '../../storage/contract.js'
import { FAR_FUTURE } from '../../storage/limits.js'
import type { Ask } from './effect.js'
import type { State, View } from './state.js'

const MICROSECONDS = 1e6

/** Whether the process follows the fleet, and the fleet's circuit is closed. */
export function isClosed({ isAlone, view }: State): boolean {
  return !isAlone && view.snapshot.state === 'closed'
}

/** No permit is free, as far as is known. */
export function isHeld({ view, probes }: State, now: number): boolean {
  return probes.isAcquiring || now < view.heldUntil
}

/** An outage is as old as it is by now, not as it was when it was read; nor is it one, once overcome alone. */
export function known({ view: { snapshot, openedAt }, local }: State, now: number): Snapshot {
  if (local === 'closed') return { ...snapshot, state: 'closed' }
  if (snapshot.state === 'closed') return snapshot
  return { ...snapshot, openedFor: Math.max(0, now - openedAt) }
}

export function ask(state: State, command: Command, now: number): Ask {
  const { permitDeadline, commandDeadline } = state.settings
  const deadline = command.op === 'acquire' ? permitDeadline : commandDeadline
  return { do: 'ask', command, deadline, known: known(state, now), at: now }
}

/** A version from the far future was somebody's garbage: what the storage says now is newer. */
export function isNewer(before: Snapshot, { version }: Snapshot): boolean {
  const age = before.version - version
  return age < 0 || (version > 0 && age > FAR_FUTURE * MICROSECONDS)
}

/** Of two closed epochs nobody says that a probe was between them: what the process has seen itself stands. */
export function isTransition(before: Snapshot, { state, epoch }: Snapshot): boolean {
  return state !== before.state || (state !== 'closed' && epoch > before.epoch)
}

/** @param at when the snapshot was taken, at the earliest: for an answer, when it was asked for */
export function seen({ lastFailure }: View, snapshot: Snapshot, at: number): View {
  return {
    snapshot,
    heldUntil: at + snapshot.heldFor,
    openedAt: at - snapshot.openedFor,
    lastFailure: snapshot.lastFailure ?? lastFailure,
  }
}

/** What a probe of this process has decided, until the storage says so too. */
export function presumed(view: View, state: CircuitState, now: number): View {
  if (state === 'opened') return { ...view, snapshot: { ...view.snapshot, state }, openedAt: now }
  if (view.snapshot.state === state) return view
  return { ...view, snapshot: { ...view.snapshot, state } }
}

/** This process had a success: the fleet's failures may be over. Or it had a failure: that is the last one. */
export function overruled(view: View, outcome: Outcome): View {
  const { snapshot, lastFailure } = view
  if (outcome === 'failure' && lastFailure) return { ...view, lastFailure: undefined }
  if (outcome !== 'success' || snapshot.failureCount === 0) return view
  return { ...view, snapshot: { ...snapshot, failureCount: 0 } }
}
