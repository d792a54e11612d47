/** The options that say when a circuit opens, for how long, and when it closes; and what the machine makes of them. */
import type { FailureRateTerms } from '../circuit/opening/terms.js'
import type { Growth } from '../circuit/ttl.js'
import type { ProbesRule, Rules } from '../circuit/types.js'
import { groupField, orFalse, written } from '../internal/group.js'
import { property } from '../internal/property.js'
import { countField, rangeField, secondsField, type Shape } from '../internal/validation.js'

export interface FailureRateOptions {
  /** What fraction of the requests must have failed: above 0, at most 1. The circuit opens at this rate, not above it. */
  readonly threshold: number
  /**
   * Seconds, from 0.001 to 3600, or `{ requests: n }` for the last n requests, at most 1000000. Default 10 seconds:
   * a full outage under steady traffic reaches a rate of 0.5 after 5 of them.
   */
  readonly window?: number | { readonly requests: number } | undefined
  /**
   * With fewer requests in the window, the rate opens nothing; a whole number from 1. Default 10, or all
   * of a smaller window of requests.
   */
  readonly minimumRequests?: number | undefined
}

export interface TtlOptions {
  /** Seconds of the first round. */
  readonly initial: number
  /** How many times longer each further round lasts; from 1. Default 2. */
  readonly factor?: number | undefined
  /** Seconds that no round exceeds, except for its jitter. */
  readonly max: number
  /** By how much a round may last longer at random, as a fraction of its time; from 0 to 1. Default 0.1. */
  readonly jitter?: number | undefined
}

export interface ProbesOptions {
  /** Successes that close the circuit; a whole number from 1. Default 1. */
  readonly needed?: number | undefined
  /** Out of how many probes; a whole number from `needed`. Default 1. */
  readonly of?: number | undefined
}

export interface RulesOptions {
  /**
   * Consecutive failures that open the circuit; a whole number from 1. With `false`, no number of them
   * does. Default 5: a little bad luck does not open the circuit, and an outage is noticed after five
   * failures. With a `failureRate`, the default is its `minimumRequests`.
   */
  readonly threshold?: number | false | undefined
  /**
   * Also opens the circuit if too large a fraction of its latest requests failed. A number is the `threshold`
   * alone. Default `false`: no rate opens it. Requests that were refused, or that proved nothing, do not count.
   */
  readonly failureRate?: FailureRateOptions | number | false | undefined
  /**
   * Seconds after which an attempt counts as a failure, even while it is under way, and however it ends; above 0,
   * at most 2147483. Default `false`: no attempt is too slow. No timer waits for an attempt: it counts once the
   * circuit is next asked, or gets a result.
   */
  readonly slowAfter?: number | false | undefined
  /**
   * Seconds the circuit stays opened; above 0, fractions allowed, at most 2147483 (24 days). Default
   * 30: the time of a restart, and at most two probes a minute at a service that is down. Above an
   * hour the console warns once that these are seconds. An object makes it longer with each round of
   * probes that failed, until the circuit has stayed closed for as long as it was last opened.
   */
  readonly ttl?: number | TtlOptions | undefined
  /**
   * The longest time in seconds, from the opening on, for which the header `Retry-After` of the answer that opens
   * the circuit may keep it opened; from 0, at most 2147483. It never shortens the `ttl`. Default 0: the header is
   * not read.
   */
  readonly maxRetryAfter?: number | undefined
  /**
   * Probes in flight at once while half-opened; a whole number from 1. Default 1: a service that
   * just came back gets one request at a time.
   */
  readonly permits?: number | undefined
  /**
   * How many probes, out of how many, have to succeed. The circuit closes or opens as soon as that is certain.
   * Default 1 of 1: the first answer decides.
   */
  readonly probes?: ProbesOptions | undefined
  /**
   * Seconds after which a probe that has not ended loses its permit to the next request; above 0,
   * at most 2147483. Default 60. Only matters if the axios instance has no `timeout`: without one a silent
   * server holds a request, and with it the circuit, for ever.
   */
  readonly probeTimeout?: number | undefined
}

const THRESHOLD = 5
const MINIMUM_REQUESTS = 10
const WINDOW = 10
const MIN_WINDOW = 0.001
const MAX_WINDOW = 3600
const MAX_REQUESTS = 1_000_000
const MAX_FACTOR = 1000

export const DEFAULT_RULES = { ttl: 30, permits: 1, probeTimeout: 60, grace: 0.001 }

/** Built on use, so that a bundle which only catches errors drops zod. */
export function rulesShape() {
  const [seconds, count] = [secondsField(), countField()]
  return {
    threshold: orFalse(count),
    ttl: ttlField(seconds),
    permits: count,
    probeTimeout: seconds,
    failureRate: orFalse(failureRateField(count)),
    slowAfter: orFalse(seconds),
    maxRetryAfter: secondsField(undefined, 0),
    probes: groupField<ProbesRule>(
      { needed: count, of: count },
      {
        complete: (given) => ({ needed: 1, of: 1, ...given }),
        conflict: ({ needed, of }) =>
          needed > of && ['needed', `at most the number of probes that "of" gives, ${of}`],
      },
    ),
  } satisfies Shape<RulesOptions>
}

function failureRateField(count: ReturnType<typeof countField>) {
  const ratio = rangeField('a ratio', 0, 1)
  return groupField<FailureRateTerms>(
    { threshold: ratio, window: windowField(), minimumRequests: count },
    {
      otherwise: ratio,
      short: 'threshold',
      complete: (given) => ({
        window: WINDOW,
        minimumRequests: Math.min(MINIMUM_REQUESTS, requestsOf(given)),
        ...given,
      }),
      conflict: (given) =>
        given.minimumRequests > requestsOf(given) && [
          'minimumRequests',
          `at most the requests of the window, ${requestsOf(given)}`,
        ],
    },
  )
}

function windowField() {
  return groupField<{ requests: number }>(
    { requests: countField(MAX_REQUESTS) },
    {
      complete: (given) => given,
      otherwise: secondsField(MAX_WINDOW, MIN_WINDOW),
      conflict: () => false,
    },
  )
}

/** The most requests that the window can hold. Also called for an invalid window. */
function requestsOf({ window }: Partial<FailureRateTerms>): number {
  const requests = property(window, 'requests')
  return typeof requests === 'number' ? requests : Infinity
}

function ttlField(seconds: ReturnType<typeof secondsField>) {
  const factor = rangeField('a number', 1, MAX_FACTOR, true)
  return groupField<Growth & { readonly initial: number }>(
    { initial: seconds, factor, max: seconds, jitter: rangeField('a ratio', 0, 1, true) },
    {
      otherwise: seconds,
      complete: (given) => ({ factor: 2, jitter: 0.1, ...given }),
      conflict: ({ initial, max }) =>
        max < initial && ['max', `at least the seconds of the first round, ${initial}`],
    },
  )
}

/** Options that were checked, and their groups completed. */
export interface CheckedRules extends Omit<GivenRules, 'threshold' | 'ttl' | 'growth'> {
  readonly threshold?: number | false | undefined
  readonly ttl?: number | (Growth & { readonly initial: number }) | undefined
}

/** The rules that were given. */
export type GivenRules = { readonly [Name in keyof Rules]?: Rules[Name] | undefined }

/** Keeps options that are left out undefined, for the defaults. An option that is switched off is false. */
export function rulesOf({ threshold, ttl, ...others }: CheckedRules): GivenRules {
  return {
    ...others,
    ...(threshold !== undefined && { threshold: threshold || Infinity }),
    ...(ttl !== undefined && growthOf(ttl)),
  }
}

/**
 * If nobody says otherwise, the streak beside a rate needs as many failures as the rate needs requests, and
 * is each process's own: one process that is cut off opens no circuit of a fleet whose rate is fine.
 */
export function thresholdsOf({
  threshold,
  failureRate,
}: GivenRules): Pick<Rules, 'threshold' | 'sharedThreshold'> {
  if (threshold !== undefined || !failureRate) return { threshold: threshold ?? THRESHOLD }
  return { threshold: failureRate.minimumRequests, sharedThreshold: Infinity }
}

function growthOf(ttl: NonNullable<CheckedRules['ttl']>): Pick<Rules, 'ttl' | 'growth'> {
  if (typeof ttl === 'number') return { ttl, growth: false }
  const { initial, ...growth } = ttl
  written.set(growth, written.get(ttl))
  return { ttl: initial, growth }
}
