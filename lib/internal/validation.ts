/**
 * Checks options, and says what is wrong with them. The only importer of zod. A message shows
 * numbers and booleans, and only where a number was asked for: anything else may be a secret.
 */
import { $ZodCheck, type ParsePayload } from 'zod/v4/core'
import { ConfigError } from './config-error.js'
import { property, tryCall } from './property.js'
import { describeKind, quote } from './quote.js'

/** A field for each option and nothing else. */
export type Shape<Options> = Record<keyof Options, Field<unknown>>

/** A check of zod's, and the type of what passes it. */
type Field<Value> = $ZodCheck<unknown> & { readonly passes?: Value }
type Fields = Readonly<Record<string, Field<unknown>>>
type Given<Known extends Fields> = { [Name in keyof Known]?: Known[Name]['passes'] }

/** What a timer can hold: 2^31 - 1 milliseconds, above which it fires at once. Almost 25 days. */
const MAX_SECONDS = 2_147_483
/** An unknown option's name is shown, as it is mostly a slip of the pen; but not a whole text. */
const MAX_KEY_LENGTH = 30
const MAX_KEYS = 5

export function countField() {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1
  return field<number>('Expected a whole number from 1', isCount, describeValue)
}

export function secondsField() {
  const isTime = (value: unknown): boolean =>
    Number.isFinite(value) && Number(value) > 0 && Number(value) <= MAX_SECONDS
  const expected = `Expected a number of seconds above 0, and at most ${MAX_SECONDS}`
  return field<number>(expected, isTime, describeValue)
}

export function functionField<Value>() {
  return field<Value>('Expected a function', (value) => typeof value === 'function')
}

/** Read once, as one that answers no number would leave its circuits opened for ever. */
export function clockField() {
  const isClock = (value: unknown): boolean => Number.isFinite(tryCall(value as () => unknown))
  return field<() => number>('Expected a function that returns seconds', isClock)
}

/** @param method a function that the object must have */
export function objectField<Value>(expected: string, method: string) {
  // An array has methods of many names.
  const isObject = (value: unknown): boolean =>
    typeof property(value, method) === 'function' && property(value, Symbol.iterator) === undefined
  return field<Value>(`Expected ${expected}`, isObject)
}

/**
 * With words of our own, and as a check of zod's core alone: its types and locales would add a third to
 * a browser's bundle.
 *
 * @param describe says what was given, by its kind alone unless it can hold no secret
 */
export function field<Value>(
  expected: string,
  matches: (value: unknown) => boolean,
  describe = describeKind,
): Field<Value> {
  const made: Field<Value> = new $ZodCheck({ check: 'custom' })
  const { _zod: internals } = made
  internals.check = ({ value, issues }) => {
    if (value === undefined || matches(value)) return
    const message = `${expected}, given ${describe(value)}`
    issues.push({ code: 'custom', input: value, message })
  }
  return made
}

/** @throws ConfigError naming each wrong option, the kind of value given and what was expected */
export function parse<Known extends Fields>(
  fields: Known,
  options: unknown,
  of: string,
): Given<Known> {
  const given = copyOf(options)
  const faults = given ? faultsOf(fields, given) : [expectation(fields, kindOfOptions(options))]
  if (faults.length === 0) return given as Given<Known>
  throw new ConfigError(`Invalid ${of}\n${faults.join('\n')}`)
}

function faultsOf(fields: Fields, given: Readonly<Record<string, unknown>>): readonly string[] {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name))
  const wrong = Object.entries(fields).flatMap(([name, { _zod: check }]) => {
    const payload: ParsePayload = { value: given[name], issues: [] }
    void check.check(payload)
    return payload.issues.map(({ message }) => `✖ ${message}\n  → at ${name}`)
  })
  return unknown.length > 0 ? [...wrong, expectation(fields, listKeys(unknown))] : wrong
}

function expectation(fields: Fields, given: string): string {
  return `✖ Expected an object with some of ${Object.keys(fields).join(', ')}, given ${given}`
}

/**
 * Each option is read once. A promise, a map, a list or an instance of a class has no options of its
 * own: it would be taken for an object in which all are left out.
 */
function copyOf(options: unknown): Record<string, unknown> | undefined {
  // A getter or a proxy may throw.
  return tryCall(() => (isPlain(options) ? { ...options } : undefined))
}

/** An object literal of any realm, one without a prototype, or a module. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function kindOfOptions(options: unknown): string {
  if (typeof property(options, 'then') === 'function') return 'a promise: await it first'
  const kind = describeKind(options)
  return kind === 'an object' ? 'an object that is no plain one, or cannot be read' : kind
}

function listKeys(keys: readonly string[]): string {
  const names = keys.slice(0, MAX_KEYS).map((key) => quote(key, MAX_KEY_LENGTH))
  return `${names.join(', ')}${keys.length > MAX_KEYS ? ', …' : ''}`
}

/** For an option that takes a number. Of a text, not even one that should have been a number is shown. */
export function describeValue(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : describeKind(value)
}

/** An option given as undefined is an option left out. */
export function withDefaults<Resolved extends object>(
  defaults: Resolved,
  options: { readonly [Key in keyof Resolved]?: Resolved[Key] | undefined },
): Resolved {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaults, ...Object.fromEntries(given) })
}
