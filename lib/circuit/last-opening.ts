/** How a circuit was opened last: when, by what, for how long, and for which of its rounds of probes. */
import type { FailureRateReading, OpeningCause } from './opening/terms.js'
import { lastsFor, type OpeningFacts } from './ttl.js'
import type { CircuitState, OpeningReading, Rules } from './types.js'

export interface LastOpening {
  readonly at: number
  /** Seconds. */
  readonly lasts: number
  /** Which of its rounds of probes it waits for. */
  readonly round: number
  /** Seconds for which the service asked to be left alone. */
  readonly retryAfter: number
  /** Requests that were in the window of the rate. */
  readonly requests: number
  /** Undefined if it is unknown. */
  readonly cause?: OpeningCause | undefined
  /** What was in the window, if its rate opened the circuit. */
  readonly failureRate?: FailureRateReading | undefined
}

/** A circuit that is about to open. */
interface Before {
  readonly state: CircuitState
  readonly closedAt: number
  readonly opened: LastOpening
  readonly rules: Rules
  /** Set if the circuit has a rate. */
  readonly window: FailureRateReading | undefined
}

export const NEVER: LastOpening = { at: 0, lasts: 0, round: 1, retryAfter: 0, requests: 0 }

const MICROSECONDS = 1e6

/** @param failureRate what is in the window, if its rate opens the circuit */
export function openedAt(
  since: number,
  { state, closedAt, opened, rules, window }: Before,
  given: OpeningFacts,
  failureRate: FailureRateReading | undefined,
): LastOpening {
  const round = given.round ?? roundAt(since, state, closedAt, opened)
  const seed = given.seed ?? Math.floor(Math.abs(since) * MICROSECONDS)
  const { retryAfter = 0, cause = causeOf(state, opened) } = given
  // The fleet may report what this process has already found.
  const isAgain = state === 'opened' && cause === opened.cause
  return {
    at: since,
    lasts: lastsFor(rules, { round, seed, retryAfter }),
    round,
    retryAfter,
    requests: state === 'closed' ? (window?.requests ?? 0) : opened.requests,
    cause,
    failureRate: failureRate ?? (isAgain ? opened.failureRate : undefined),
  }
}

export function readingOf({ cause, round, failureRate }: LastOpening): OpeningReading | undefined {
  return cause && { cause, round, ...(failureRate && { failureRate }) }
}

/** What opens a circuit, if it is not given. */
function causeOf(state: CircuitState, { cause = 'streak' }: LastOpening): OpeningCause {
  if (state === 'half-opened') return 'probe'
  return state === 'opened' ? cause : 'streak'
}

/** Begins anew once the circuit has stayed closed for as long as it was last opened. */
function roundAt(
  now: number,
  state: CircuitState,
  closedAt: number,
  { round, lasts }: LastOpening,
): number {
  if (state === 'half-opened') return round + 1
  return now - closedAt >= lasts ? 1 : round
}
