/** What is known of a circuit, as the table and JSON show it. */
import type { CircuitState } from '../circuit/types.js'
import type { Snapshot } from '../storage/contract.js'
import type { Force, ListedForce } from '../storage/forces.js'
import { spanText } from './duration.js'
import { shown } from './text.js'

export type State = CircuitState | 'unknown'

export interface Row {
  readonly circuit: string
  /** What it is by itself, forced or not. `unknown` if the key cannot be read; `problem` says why. */
  readonly ownState: State
  readonly snapshot?: Snapshot | undefined
  readonly forced?: ListedForce | undefined
  readonly problem?: string | undefined
}

/** What requests meet, as `circuit.state` says it. */
export function stateOf({ ownState, forced }: Row): State {
  return forced?.state ?? ownState
}

/** As JSON shows it. Times in seconds. */
export function documentOf(row: Row): object {
  const { circuit, ownState, snapshot, forced, problem } = row
  const { failureCount, openedFor, cause, round, retryAfter, lastFailure } = snapshot ?? {}
  const opening = ownState === 'closed' ? {} : { openedFor, cause, round, retryAfter, lastFailure }
  const force = forced && { forced: forceOf(forced), ownState }
  return { circuit, state: stateOf(row), failureCount, ...opening, ...force, problem }
}

/** Whether an operator need not see it: the same is true of every circuit without a key. */
export function isPlain({ ownState, snapshot, forced }: Row): boolean {
  return ownState === 'closed' && !forced && (snapshot?.failureCount ?? 0) === 0
}

/** Opened ones first, then forced ones, then by name. */
export function inOrder(rows: readonly Row[]): Row[] {
  const rank = (row: Row): number => (stateOf(row) !== 'closed' ? 0 : row.forced ? 1 : 2)
  const sorted = [...rows]
  sorted.sort((one, other) => rank(one) - rank(other) || (one.circuit < other.circuit ? -1 : 1))
  return sorted
}

/** What opened the circuit, or why nobody knows. */
export function whyText({ ownState, snapshot, forced, problem }: Row): string {
  if (problem !== undefined) return shown(problem)
  if (ownState === 'closed' || !snapshot) return ''
  const { cause, round = 1, lastFailure: { code, status, slow } = {} } = snapshot
  const parts = [cause, status ?? code, slow && 'slow', round > 1 && `round ${round}`]
  const why = parts.filter(Boolean).join(', ')
  return forced ? `${ownState} by itself: ${why}` : why
}

/** Without what the storage keeps beside it. */
function forceOf({ state, by, reason, endsIn }: Force): Force {
  return { state, by, reason, endsIn }
}

/** As the message of a refusal says it. */
export function forcedText({ state, by, reason, endsIn }: Force): string {
  const what = state === 'opened' ? 'open' : state
  const who = by === undefined ? '' : ` by ${shown(by)}`
  const why = reason === undefined ? '' : `: ${shown(reason)}`
  const end = endsIn === undefined ? 'until it is released' : `ends in ${spanText(endsIn)}`
  return `${what}${who}${why} (${end})`
}
