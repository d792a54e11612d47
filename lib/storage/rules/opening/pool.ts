/**
 * The rate of the whole fleet. A process reports failures only if its own rate is suspicious. If enough of
 * them come together, the storage polls all processes, and their answers decide. Between polls the storage
 * does not know how many requests there are, and healthy requests send nothing.
 */
import type { Poll as Asked } from '../../contract.js'
import {
  CENSUS,
  LONGEST_PROOF,
  MOST_ANSWERS,
  POLL,
  POLL_PATIENCE,
  RECOUNT,
  SUSPICIOUS,
  USUAL,
} from '../../limits.js'
import { ageOf, answered, begin, isPolledRate, type Poll } from './poll.js'
import type { Reporting } from './reporting.js'

/** How many requests are usual, as counted by a poll. */
export interface Census {
  readonly at: number
  readonly requests: number
  readonly processes: number
}

export interface Pool {
  /** Suspicious failures in two periods, of which the second began at `since`. */
  readonly since: number
  readonly before: number
  readonly latest: number
  readonly poll?: Poll | undefined
  readonly census?: Census | undefined
}

export const EMPTY_POOL: Pool = { since: 0, before: 0, latest: 0 }

/** If the clock was set back, nothing shows how old the rest is. */
export function poolAt(now: number, pool: Pool): Pool {
  const { since, poll, census } = pool
  const isLate = Math.max(since, poll?.at ?? 0, census?.at ?? 0) > now
  return isLate ? EMPTY_POOL : pool
}

/** A poll that has just begun gets the version that announces it. */
export function announced(pool: Pool, version: number): Pool {
  return pool.poll?.id === 0 ? { ...pool, poll: { ...pool.poll, id: version } } : pool
}

/** The poll that is to be answered. */
export function pollAt(now: number, { poll }: Pool): Asked | undefined {
  return poll && ageOf(poll, now) <= POLL ? { id: poll.id, share: poll.share } : undefined
}

/** What a report adds. A poll that begins has no `id` yet. */
export function pooled(pool: Pool, reporting: Reporting): Pool {
  const polled = pool.poll ? { ...pool, poll: answered(pool.poll, reporting) } : pool
  const taken = takeCensus(suspect(polled, reporting), reporting.now)
  return isPollDue(taken, reporting) ? beginPoll(taken, reporting.now) : taken
}

export function isPooledRate(pool: Pool, reporting: Reporting): boolean {
  if (!pool.poll) return false
  const least = USUAL * (usual(pool, reporting.now)?.requests ?? Infinity)
  return isPolledRate(pool.poll, pool.poll.requests / pool.poll.share >= least, reporting)
}

function suspect(pool: Pool, { window: { fresh }, rate, now }: Reporting): Pool {
  if (fresh === 0) return pool
  const age = now - pool.since
  const period = periodOf(rate)
  if (age < period) return { ...pool, latest: pool.latest + fresh }
  return { ...pool, since: now, before: age < 2 * period ? pool.latest : 0, latest: fresh }
}

/** Once all processes have had the time to answer a poll, the answers show how many requests are usual. */
function takeCensus(pool: Pool, now: number): Pool {
  const age = ageOf(pool.poll, now)
  if (!pool.poll || age < POLL_PATIENCE || age > POLL) return pool
  const { requests, answers, share } = pool.poll
  return { ...pool, census: { at: now, requests: requests / share, processes: answers / share } }
}

/** If the rate of all were at the threshold, those of suspicious processes would be half of its failures. */
function isPollDue(pool: Pool, { window, rate, now }: Reporting): boolean {
  if (window.fresh === 0 || ageOf(pool.poll, now) <= POLL) return false
  const requests = SUSPICIOUS * counted(usual(pool, now), rate, now)
  return pool.before + pool.latest >= rate.threshold * Math.max(rate.minimumRequests, requests)
}

/** How many requests a poll has counted, unless it is time to count them again: there may be fewer by now. */
function counted(census: Census | undefined, rate: Reporting['rate'], now: number): number {
  if (!census) return 0
  const pause = Math.max(periodOf(rate), RECOUNT * Math.min(census.processes, MOST_ANSWERS))
  return now - census.at < pause ? census.requests : 0
}

/** Seconds for which suspicious failures are added up. */
function periodOf({ window }: Reporting['rate']): number {
  return typeof window === 'number' ? window : LONGEST_PROOF
}

function beginPoll(pool: Pool, now: number): Pool {
  // Even an old count is a better guess than none.
  const processes = pool.census?.processes ?? 0
  return { ...pool, poll: begin(now, Math.min(1, MOST_ANSWERS / processes)) }
}

function usual({ census }: Pool, now: number): Census | undefined {
  return census && now - census.at <= CENSUS ? census : undefined
}
