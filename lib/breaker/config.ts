/** Options, their defaults and the reasons for them. */
import type { Fallback } from '../axios/fallback.js'
import type { Interception } from '../axios/intercept.js'
import type { JudgeOutcome } from '../axios/judge.js'
import type { Rules } from '../circuit/types.js'
import {
  DEFAULT_RULES,
  rulesOf,
  rulesShape,
  thresholdsOf,
  type CheckedRules,
  type GivenRules,
  type RulesOptions,
} from './rules.js'
import { ConfigError } from '../internal/config-error.js'
import { written } from '../internal/group.js'
import { describeKind, quote } from '../internal/quote.js'
import type { CircuitStorage } from './membership.js'
import {
  booleanField,
  clockField,
  describeValue,
  functionField,
  objectField,
  parse,
  withDefaults,
  type Shape,
} from '../internal/validation.js'

export interface CircuitOptions extends RulesOptions {
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
  /**
   * True sends every request, as if the circuit were forced closed: it counts by its rules, and publishes
   * `rejected` with `dryRun: true` for each request that it would have refused. Default `false`. `circuit.force()`
   * wins over it.
   */
  readonly dryRun?: boolean | undefined
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

type Others = Interception & Pick<CircuitOptions, 'dryRun'>

export type ResolvedCircuitOptions = Rules & Others

type GivenOptions = GivenRules & Others

/** The part of a breaker's options that concerns its circuits. */
export interface CircuitDefaults {
  /** Only the given options: a circuit's own options may change what follows from them. */
  readonly given: GivenOptions
  readonly resolved: ResolvedCircuitOptions
}

export function circuitShape() {
  return {
    ...rulesShape(),
    outcome: functionField<JudgeOutcome>(),
    fallback: functionField<Fallback>(),
    dryRun: booleanField(),
  } satisfies Shape<CircuitOptions>
}

/** @throws ConfigError */
export function resolveBreakerOptions(options: unknown): {
  defaults: CircuitDefaults
  storage: CircuitStorage | undefined
  now: (() => number) | undefined
} {
  const shape = {
    ...circuitShape(),
    storage: objectField<CircuitStorage>('a storage', 'join'),
    now: clockField(),
  }
  const { storage, now, ...circuitOptions } = parse(shape, options, 'options')
  const given = givenBy(circuitOptions)
  return { defaults: { given, resolved: resolve(given) }, storage, now }
}

/** @throws ConfigError */
export function resolveCircuitOptions(
  name: string,
  options: unknown,
  defaults: CircuitDefaults,
): ResolvedCircuitOptions {
  const given = parse(circuitShape(), options, `options of circuit ${quote(name)}`)
  return resolveOver(defaults, given)
}

/** @param given options that were checked */
export function resolveOver(
  defaults: CircuitDefaults,
  given: CheckedRules & Interception,
): ResolvedCircuitOptions {
  return resolve(withDefaults(defaults.given, givenBy(given)))
}

function givenBy({ outcome, fallback, dryRun, ...rules }: CheckedRules & Others): GivenOptions {
  return {
    ...rulesOf(rules),
    ...(outcome && { outcome }),
    ...(fallback && { fallback }),
    ...(dryRun !== undefined && { dryRun }),
  }
}

function resolve(given: GivenOptions): ResolvedCircuitOptions {
  return withDefaults({ ...DEFAULT_RULES, ...thresholdsOf(given) }, given)
}

/** @throws ConfigError */
export function checkName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '') return
  const given = name === '' ? 'an empty string' : describeKind(name)
  const expected = 'expected a non-empty string or a function'
  throw new ConfigError(`Invalid circuit name: ${expected}, given ${given}`)
}

type Option = keyof ResolvedCircuitOptions

/** Rules that are derived from options with other names. */
const OPTIONS: Partial<Record<Option, Option>> = {
  growth: 'ttl',
  sharedThreshold: 'threshold',
}

/** The value of an option that is left out and has no default of its own. */
const LEFT_OUT = {
  failureRate: false,
  slowAfter: false,
  growth: false,
  maxRetryAfter: 0,
  dryRun: false,
  probes: { needed: 1, of: 1 },
} as const satisfies Partial<ResolvedCircuitOptions>

/** @throws ConfigError if a circuit would have two sets of rules */
export function checkSameOptions(
  what: string,
  known: ResolvedCircuitOptions,
  given: ResolvedCircuitOptions,
): void {
  const [first, second] = [
    { ...LEFT_OUT, ...known },
    { ...LEFT_OUT, ...given },
  ]
  const keys = Object.keys({ ...first, ...second }) as Option[]
  for (const key of keys) {
    if (isSame(first[key], second[key])) continue
    const option = OPTIONS[key] ?? key
    const difference =
      typeof first[key] === 'function' && typeof second[key] === 'function'
        ? 'Expected the same function, given a different one'
        : `Expected ${describeOption(option, first)}, given ${describeOption(option, second)}`
    throw new ConfigError(
      `${what} is already attached with other options\n` +
        `✖ ${difference}\n  → at ${option}\n` +
        'Leave the options out for further instances, or pass the same ones',
    )
  }
}

/** An option as users write it. Checked options hold only numbers and functions. */
function describeOption(option: Option, options: ResolvedCircuitOptions) {
  const { growth, threshold, sharedThreshold } = options
  // For a fleet, the default differs from the same number that somebody wrote.
  if (option === 'threshold' && sharedThreshold) return `the default of ${threshold}`
  const value = (option === 'ttl' && growth) || options[option]
  if (value === Infinity) return 'false'
  const shown = written.get(value as object) ?? value
  return typeof shown === 'object' ? JSON.stringify(shown) : describeValue(shown)
}

/**
 * An option that is switched off equals one that is left out.
 *
 * A function that is written inline is a new one each time the line runs, so two functions with the same text
 * count as the same rule. Each instance calls its own. All bound functions have the same text, so it proves nothing.
 */
function isSame(first: unknown, second: unknown): boolean {
  if (Object.is(first || undefined, second || undefined)) return true
  if (typeof first === 'object') return JSON.stringify(first) === JSON.stringify(second)
  if (typeof first !== 'function' || typeof second !== 'function') return false
  const text = Function.prototype.toString.call(first)
  return text === Function.prototype.toString.call(second) && !text.includes('[native code]')
}
