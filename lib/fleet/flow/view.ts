/** Who wins: what the fleet's newest snapshot says, or what this process has seen itself. */
import type { OpeningFacts } from '../../circuit/ttl.js'
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

/** Whether no permit is free, as far as is known. */
export function isHeld({ view, probes }: State, now: number): boolean {
  return probes.isAcquiring || now < view.heldUntil
}

/** The snapshot to send as `known`: with the outage's current age, and closed if this process overcame it. */
export function known({ view: { snapshot, openedAt }, local }: State, now: number): Snapshot {
  if (local === 'closed') return { ...snapshot, state: 'closed' }
  if (snapshot.state === 'closed') return snapshot
  return { ...snapshot, openedFor: Math.max(0, now - openedAt) }
}

/** What decides how long the fleet's opening lasts. */
export function factsOf(snapshot: Snapshot): OpeningFacts | undefined {
  const { state, cause, round, epoch, retryAfter } = snapshot
  return state === 'closed' ? undefined : { cause, round, seed: epoch, retryAfter }
}

export function ask(state: State, command: Command, now: number): Ask {
  const { permitDeadline, commandDeadline } = state.settings
  const deadline = command.op === 'acquire' ? permitDeadline : commandDeadline
  return { do: 'ask', command, deadline, known: known(state, now), at: now }
}

/** When a snapshot was taken: not before `at`, which for an answer is the time of the question, and not after `now`. */
export interface Sight {
  readonly at: number
  readonly now: number
}

/** A version of the far future is garbage. The storage's current snapshot counts as newer. */
export function isNewer(before: Snapshot, { version }: Snapshot): boolean {
  const age = before.version - version
  return age < 0 || (version > 0 && age > FAR_FUTURE * MICROSECONDS)
}

/**
 * The storage has lost the newest epoch that this process knows, and got an older one back: from a process that has
 * slept, or from an old copy. A read tells the storage of the newer epoch.
 */
export function isOutdated({ view }: State, { version, epoch }: Snapshot): boolean {
  return version > view.snapshot.version && epoch < view.snapshot.epoch
}

/** Between two closed epochs there may have been no probe, so this process keeps its own failures. */
export function isTransition(before: Snapshot, { state, epoch }: Snapshot): boolean {
  return state !== before.state || (state !== 'closed' && epoch > before.epoch)
}

export function seen({ lastFailure }: View, snapshot: Snapshot, { at, now }: Sight): View {
  return {
    snapshot,
    heldUntil: at + snapshot.heldFor,
    openedAt: now - snapshot.openedFor,
    lastFailure: snapshot.lastFailure ?? lastFailure,
  }
}

/** Applies the decision of this process's probe, if it is one, until the storage confirms it. */
export function presumed(view: View, state: CircuitState, now: number): View {
  if (state === 'opened') return { ...view, snapshot: { ...view.snapshot, state }, openedAt: now }
  if (state === 'half-opened' || view.snapshot.state === state) return view
  return { ...view, snapshot: { ...view.snapshot, state } }
}

/** After a success, the fleet's failures may be over. A failure becomes the last failure. */
export function overruled(view: View, outcome: Outcome): View {
  const { snapshot, lastFailure } = view
  if (outcome === 'failure' && lastFailure) return { ...view, lastFailure: undefined }
  if (outcome !== 'success' || snapshot.failureCount === 0) return view
  return { ...view, snapshot: { ...snapshot, failureCount: 0 } }
}
