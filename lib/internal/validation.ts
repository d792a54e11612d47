/**
 * Checks options, and reports what is wrong with them. No other file imports zod. A message shows a value
 * only if it is a number or a boolean and the option takes a number: anything else may be a secret.
 */
import { $ZodCheck, type ParsePayload } from 'zod/v4/core'
import { ConfigError } from './config-error.js'
import { property, tryCall } from './property.js'
import { describeKind, quote } from './quote.js'

/** Has a field for each option, and no other field. */
export type Shape<Options> = Record<keyof Options, Field<unknown>>

/** A zod check, and the type of the values that pass it. */
type Field<Value> = $ZodCheck<unknown> & { readonly passes?: Value }
type Fields = Readonly<Record<string, Field<unknown>>>
type Given<Known extends Fields> = { [Name in keyof Known]?: Known[Name]['passes'] }

/** The longest timer: 2^31 - 1 milliseconds, almost 25 days. A longer one fires at once. */
const MAX_SECONDS = 2_147_483
/**
 * Messages show the name of an unknown option, since it is usually a typo. They cut names that are longer.
 */
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

/** Calls the clock once: if it did not return a number, its circuits would stay opened for ever. */
export function clockField() {
  const isClock = (value: unknown): boolean => Number.isFinite(tryCall(value as () => unknown))
  return field<() => number>('Expected a function that returns seconds', isClock)
}

/** @param method the name of a method that the object must have */
export function objectField<Value>(expected: string, method: string) {
  // Arrays have many methods, so one might pass by accident.
  const isObject = (value: unknown): boolean =>
    typeof property(value, method) === 'function' && property(value, Symbol.iterator) === undefined
  return field<Value>(`Expected ${expected}`, isObject)
}

/**
 * Makes a check with a message of our own, from zod's core alone: zod's types and locales would make a
 * browser bundle a third larger.
 *
 * @param describe describes the value given: by its kind alone, unless it cannot hold a secret
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

/** @throws ConfigError that names each invalid option, what was expected, and what kind of value was given */
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
 * Reads each option once. Promises, maps, arrays and instances of classes are refused: they have no options
 * of their own, so they would pass for an object that leaves all options out.
 */
function copyOf(options: unknown): Record<string, unknown> | undefined {
  // A getter or a proxy may throw.
  return tryCall(() => (isPlain(options) ? { ...options } : undefined))
}

/** Whether the value is an object literal of any realm, an object without a prototype, or a module. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function kindOfOptions(options: unknown): string {
  if (typeof property(options, 'then') === 'function') return 'a promise: await it first'
  const kind = describeKind(options)
  return kind === 'an object' ? 'an object that is not plain, or cannot be read' : kind
}

function listKeys(keys: readonly string[]): string {
  const names = keys.slice(0, MAX_KEYS).map((key) => quote(key, MAX_KEY_LENGTH))
  return `${names.join(', ')}${keys.length > MAX_KEYS ? ', …' : ''}`
}

/** Describes a value given for a numeric option. A string is not shown, even if it looks like a number. */
export function describeValue(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : describeKind(value)
}

/** Adds the defaults. An option that is undefined counts as left out. */
export function withDefaults<Resolved extends object>(
  defaults: Resolved,
  options: { readonly [Key in keyof Resolved]?: Resolved[Key] | undefined },
): Resolved {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaults, ...Object.fromEntries(given) })
}
