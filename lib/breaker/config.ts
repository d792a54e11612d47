/** Options, their defaults and the reasons for them. */
import type { Fallback } from '../axios/fallback.js'
import type { Interception } from '../axios/intercept.js'
import type { JudgeOutcome } from '../axios/judge.js'
import type { Rules } from '../circuit/types.js'
import { ConfigError } from '../internal/config-error.js'
import { describeKind, quote } from '../internal/quote.js'
import type { CircuitStorage } from './membership.js'
import {
  clockField,
  countField,
  functionField,
  objectField,
  parse,
  secondsField,
  describeValue,
  withDefaults,
  type Shape,
} from '../internal/validation.js'

export interface CircuitOptions {
  /**
   * Consecutive failures that open the circuit; a whole number from 1. Default 5: a burst of bad
   * luck stays closed, and an outage costs no more than five requests.
   */
  readonly threshold?: number | undefined
  /**
   * Seconds the circuit stays opened; above 0, fractions allowed, at most 2147483 (24 days). Default
   * 30: the time of a restart, and at most two probes a minute at a service that is down. Above an
   * hour the console warns once that these are seconds.
   */
  readonly ttl?: number | undefined
  /**
   * Probes in flight at once while half-opened; a whole number from 1. Default 1: a service that
   * just came back is asked one question at a time. The first answer decides.
   */
  readonly permits?: number | undefined
  /**
   * Seconds after which a probe that has not ended loses its permit to the next request; above 0,
   * at most 2147483. Default 60. Only matters where the axios instance has no `timeout`: without one a silent
   * server holds a request, and with it the circuit, for ever.
   */
  readonly probeTimeout?: number | undefined
  /**
   * Judges an attempt in place of the default rule; `undefined` leaves it to the rule. Called once
   * per attempt, synchronously. If it throws or returns anything else, the default rule decides.
   */
  readonly outcome?: JudgeOutcome | undefined
  /**
   * Answers a refused request: with response data, a whole response, or a promise of either. What
   * it throws reaches the caller. Requests that it sends through the same circuit are not
   * answered by it again: they reject. Send them with `circuitBreaker: false`.
   */
  readonly fallback?: Fallback | undefined
}

/** Defaults for every circuit of the breaker. */
export interface CircuitBreakerOptions extends CircuitOptions {
  /** Shares the circuits with other processes, after `init()`. Default: each process has its own state. */
  readonly storage?: CircuitStorage | undefined
  /**
   * The clock of the circuits: seconds from any starting point, which only grow. Default: monotonic
   * time. For tests, see `TestClock` of `axios-breaker/testing`.
   */
  readonly now?: (() => number) | undefined
}

export type ResolvedCircuitOptions = Rules & Interception

const DEFAULTS: ResolvedCircuitOptions = {
  threshold: 5,
  ttl: 30,
  permits: 1,
  probeTimeout: 60,
  grace: 0.001,
}

/** Built on use, so that a bundle which only catches errors drops zod. */
function circuitShape() {
  return {
    threshold: countField(),
    ttl: secondsField(),
    permits: countField(),
    probeTimeout: secondsField(),
    outcome: functionField<JudgeOutcome>(),
    fallback: functionField<Fallback>(),
  } satisfies Shape<CircuitOptions>
}

/** @throws ConfigError */
export function resolveBreakerOptions(options: unknown): {
  defaults: ResolvedCircuitOptions
  storage: CircuitStorage | undefined
  now: (() => number) | undefined
} {
  const shape = {
    ...circuitShape(),
    storage: objectField<CircuitStorage>('a storage', 'join'),
    now: clockField(),
  }
  const { storage, now, ...given } = parse(shape, options, 'options')
  return { defaults: withDefaults(DEFAULTS, given), storage, now }
}

/** @throws ConfigError */
export function resolveCircuitOptions(
  name: string,
  options: unknown,
  defaults: ResolvedCircuitOptions,
): ResolvedCircuitOptions {
  const given = parse(circuitShape(), options, `options of circuit ${quote(name)}`)
  return withDefaults(defaults, given)
}

/** @throws ConfigError */
export function checkName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '') return
  const given = name === '' ? 'one that is' : describeKind(name)
  throw new ConfigError(`Invalid circuit name: expected a string that is not empty, given ${given}`)
}

/** @throws ConfigError if a circuit would have two sets of rules */
export function checkSameOptions(
  name: string,
  first: ResolvedCircuitOptions,
  second: ResolvedCircuitOptions,
): void {
  const keys = Object.keys({ ...first, ...second }) as (keyof CircuitOptions)[]
  for (const key of keys) {
    if (isSame(first[key], second[key])) continue
    const difference =
      typeof first[key] === 'function' && typeof second[key] === 'function'
        ? 'Expected the same function, given another'
        : `Expected ${describeValue(first[key])}, given ${describeValue(second[key])}`
    throw new ConfigError(
      `Circuit ${quote(name)} is already attached with other options\n` +
        `✖ ${difference}\n  → at ${key}\n` +
        'Leave the options out for further instances, or pass the same ones',
    )
  }
}

/**
 * A function that is written inline is a new one each time the line runs: of the same text, it is
 * the same rule. Each instance asks its own. Bound functions all have one text, and say nothing by it.
 */
function isSame(first: unknown, second: unknown): boolean {
  if (Object.is(first, second)) return true
  if (typeof first !== 'function' || typeof second !== 'function') return false
  const text = Function.prototype.toString.call(first)
  return text === Function.prototype.toString.call(second) && !text.includes('[native code]')
}
