/** The JSON form of circuits, in replies and in messages. */
import type { CircuitState, FailureReason } from '../circuit/types.js'
import { property } from '../internal/property.js'
import type { Snapshot } from '../storage/contract.js'

const MICROSECONDS = 1e6
const NUMBERS = ['version', 'epoch', 'failures', 'openedFor', 'heldFor', 'time'] as const
const CAUSES = ['streak', 'rate', 'probe'] as const
const REASON = /^([\w.-]{0,67})\/(\d{0,3})(s?)$/

export interface Timed {
  readonly snapshot: Snapshot
  /** Redis's clock when the snapshot was taken, in seconds. */
  readonly time: number
}

/** @returns undefined if the text is not JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @returns undefined if the fields are not a snapshot. Further fields of a later release are ignored. */
export function snapshotOf(fields: unknown): Timed | undefined {
  const state = property(fields, 'state')
  const reason = REASON.exec(String(property(fields, 'reason')))
  const numbers = NUMBERS.map((name) => property(fields, name))
  if (!reason || !isState(state) || !numbers.every(isWhole)) return undefined
  const [version = 0, epoch = 0, failureCount = 0, openedFor = 0, heldFor = 0, time = 0] = numbers
  const snapshot = {
    version,
    epoch,
    state,
    failureCount,
    openedFor: seconds(openedFor),
    heldFor: seconds(heldFor),
    ...openingOf(fields, state),
    ...pollOf(fields),
    ...lastFailureOf(reason),
  }
  return { snapshot, time: seconds(time) }
}

function openingOf(
  fields: unknown,
  state: CircuitState,
): Pick<Snapshot, 'cause' | 'round' | 'retryAfter'> {
  const [round, retryAfter] = ['round', 'retryAfter'].map((name) => property(fields, name))
  if (state === 'closed' || !isWhole(round)) return {}
  const cause = CAUSES.find((known) => known === property(fields, 'cause'))
  return {
    ...(cause && { cause }),
    round,
    ...(isWhole(retryAfter) && retryAfter > 0 && { retryAfter: seconds(retryAfter) }),
  }
}

function pollOf(fields: unknown): Pick<Snapshot, 'poll'> {
  const [id, share] = ['poll', 'share'].map((name) => property(fields, name))
  return isWhole(id) && typeof share === 'number' ? { poll: { id, share } } : {}
}

/** The code, the status and whether it was slow; each is left out if there is none, or if it does not look like one. */
export function reasonText({ code = '', status, slow }: FailureReason = {}): string {
  const isStatus = Number.isInteger(status) && Number(status) >= 0 && Number(status) < 1000
  return `${/^[\w.-]{1,64}$/.test(code) ? code : ''}/${isStatus ? status : ''}${slow ? 's' : ''}`
}

/** Whole microseconds, within the exact range of a double. */
export function micro(span: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(span * MICROSECONDS)))
}

export function seconds(microseconds: number): number {
  return microseconds / MICROSECONDS
}

function isState(value: unknown): value is CircuitState {
  return value === 'closed' || value === 'opened' || value === 'half-opened'
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function lastFailureOf([, code, status, slow]: RegExpExecArray): Pick<Snapshot, 'lastFailure'> {
  if (!code && !status && !slow) return {}
  const lastFailure = {
    ...(code && { code }),
    ...(status && { status: Number(status) }),
    ...(slow && { slow: true as const }),
  }
  return { lastFailure }
}
