/** A poll: all processes are asked what they have in their windows, and the sums of their answers decide. */
import type { FailureReason } from '../../../circuit/types.js'
import { MOST_APART, POLL, POLL_PATIENCE, POLL_USUAL } from '../../limits.js'
import type { Reporting } from './reporting.js'

export interface Sums {
  readonly requests: number
  readonly failures: number
}

type Worst = Sums & { readonly reporter: string }

export interface Poll extends Sums {
  /** The version of the circuit that announces it; 0 until that is known. */
  readonly id: number
  /** When it began. */
  readonly at: number
  /** The part of the processes that are to answer. */
  readonly share: number
  /** How many have. */
  readonly answers: number
  /** The reporters with the most failures above the threshold. */
  readonly worst: readonly Worst[]
  /** When a process last opened its circuit by itself, among those that have answered; 0 if none has. */
  readonly openedAt: number
  readonly lastFailure?: FailureReason | undefined
  /** Seconds that the service asked to be left alone; 0 if it did not. */
  readonly retryAfter: number
}

export function begin(now: number, share: number): Poll {
  const sums = { requests: 0, failures: 0, answers: 0, worst: [] }
  return { ...sums, id: 0, at: now, share, openedAt: 0, retryAfter: 0 }
}

export function ageOf(poll: Poll | undefined, now: number): number {
  return now - (poll?.at ?? -Infinity)
}

export function answered(poll: Poll, reporting: Reporting): Poll {
  const { window, reporter, rate, reason, retryAfter = 0, now } = reporting
  if (window.poll !== poll.id || ageOf(poll, now) > POLL) return poll
  const { requests, failures, fresh, openedFor } = window
  return {
    ...poll,
    requests: poll.requests + requests,
    failures: poll.failures + failures,
    // With fresh failures, it adds to an answer.
    answers: poll.answers + Number(fresh === 0),
    worst: rank(poll.worst, { reporter, requests, failures }, rate.threshold),
    openedAt: Math.max(poll.openedAt, openedFor === undefined ? 0 : now - openedFor),
    lastFailure: reason ?? poll.lastFailure,
    retryAfter: Math.max(retryAfter, poll.retryAfter),
  }
}

/**
 * Whether the answers so far open the circuit, even without the worst reporters.
 *
 * @param isUsual whether the answers include as many requests as usual
 */
export function isPolledRate(
  poll: Poll,
  isUsual: boolean,
  { terms, rate, now }: Reporting,
): boolean {
  const age = ageOf(poll, now)
  if (age > POLL || age < (isUsual ? POLL_USUAL : POLL_PATIENCE)) return false
  const { requests, failures } = withoutWorst(poll, terms.quorum, rate.threshold)
  return (
    requests > 0 &&
    requests / poll.share >= rate.minimumRequests &&
    failures / requests >= rate.threshold
  )
}

/**
 * Sums without those of the `quorum - 1` worst reporters. A busy one with few errors is not among them: without
 * its successes, the rate of the others would be higher.
 */
function withoutWorst(
  { requests, failures, worst }: Poll,
  quorum: number,
  threshold: number,
): Sums {
  const most = worst.slice(0, quorum - 1)
  return most
    .filter((sums) => excess(sums, threshold) > 0)
    .reduce<Sums>(
      (left, reporter) => ({
        requests: left.requests - reporter.requests,
        failures: left.failures - reporter.failures,
      }),
      { requests, failures },
    )
}

/** How many failures there are above the threshold: how much somebody raises the rate of all above it. */
function excess({ requests, failures }: Sums, threshold: number): number {
  return failures - threshold * requests
}

/** Those of one reporter together, those with the most failures above the threshold first. */
function rank(worst: readonly Worst[], added: Worst, threshold: number): readonly Worst[] {
  const same = worst.find(({ reporter }) => reporter === added.reporter)
  const others = worst.filter((entry) => entry !== same)
  const entry = {
    reporter: added.reporter,
    requests: added.requests + (same?.requests ?? 0),
    failures: added.failures + (same?.failures ?? 0),
  }
  if (entry.failures === 0) return worst
  const next = others.findIndex((other) => excess(other, threshold) < excess(entry, threshold))
  const at = next < 0 ? others.length : next
  return [...others.slice(0, at), entry, ...others.slice(at)].slice(0, MOST_APART)
}
