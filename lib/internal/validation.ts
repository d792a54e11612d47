/**
 * Checks options, and reports what is wrong with them. No other file imports zod. A message shows a value
 * only if it is a number or a boolean and the option takes a number: anything else may be a secret.
 */
import { $ZodCheck, type ParsePayload } from 'zod/v4/core'
import { ConfigError } from './config-error.js'
import { property, tryCall } from './property.js'
import { describeKind, quote } from './quote.js'

/** Has a field for each option, and no other field. */
export type Shape<Known> = Record<keyof Known, Field<unknown>>

/** A zod check, what it expects in words, and the type of the values that pass it. */
export type Field<Value> = $ZodCheck<unknown> & {
  readonly expected: string
  readonly passes?: Value
}
export type Fields = Readonly<Record<string, Field<unknown>>>
type Given<Known extends Fields> = { [Name in keyof Known]?: Known[Name]['passes'] }
export type Values = Record<string, unknown>

/** The longest timer: 2^31 - 1 milliseconds, almost 25 days. A longer one fires at once. */
const MAX_SECONDS = 2_147_483
/**
 * Messages show the name of an unknown option, since it is usually a typo. They cut names that are longer.
 */
const MAX_KEY_LENGTH = 30
const MAX_KEYS = 5

export function countField(max = Infinity) {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) <= max
  const limit = max < Infinity ? `, and at most ${max}` : ''
  return field<number>(
    `a whole number from 1${limit}`,
    (value) => isCount(value) && Number(value) > 0,
    describeValue,
  )
}

/** @param from the least number; if it is left out, any number above 0 */
export function secondsField(max = MAX_SECONDS, from?: number) {
  return rangeField('a number of seconds', from ?? 0, max, from !== undefined)
}

/** @param isFrom whether the least value itself may be given */
export function rangeField(what: string, min: number, max: number, isFrom = false) {
  const isInside = (value: unknown): boolean =>
    Number.isFinite(value) &&
    (Number(value) > min || (isFrom && value === min)) &&
    Number(value) <= max
  const expected = `${what} ${isFrom ? 'from' : 'above'} ${min}, and at most ${max}`
  return field<number>(expected, isInside, describeValue)
}

export function booleanField() {
  return field<boolean>('true or false', (value) => typeof value === 'boolean', describeValue)
}

export function functionField<Value>() {
  return field<Value>('a function', (value) => typeof value === 'function')
}

/** Calls the clock once: if it did not return a number, its circuits would stay opened for ever. */
export function clockField() {
  const isClock = (value: unknown): boolean => Number.isFinite(tryCall(value as () => unknown))
  return field<() => number>('a function that returns seconds', isClock)
}

/** @param method the name of a method that the object must have */
export function objectField<Value>(expected: string, method: string) {
  // Arrays have many methods, so one might pass by accident.
  const isObject = (value: unknown): boolean =>
    typeof property(value, method) === 'function' && property(value, Symbol.iterator) === undefined
  return field<Value>(expected, isObject)
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
  return fieldBy(expected, (payload) => {
    if (!matches(payload.value)) report(payload, expected, describe(payload.value))
  })
}

/** @throws ConfigError that names each invalid option, what was expected, and what kind of value was given */
export function parse<Known extends Fields>(
  fields: Known,
  options: unknown,
  of: string,
): Given<Known> {
  const given = copyOf(options)
  const payload: ParsePayload = { value: given, issues: [] }
  if (given) checkAll(fields, given, payload)
  else report(payload, expectedOf(fields), kindOfOptions(options))
  if (payload.issues.length === 0) return given as Given<Known>
  const faults = payload.issues.map(
    ({ message, path = [] }) =>
      `✖ ${message}${path.length > 0 ? `\n  → at ${path.join('.')}` : ''}`,
  )
  throw new ConfigError(`Invalid ${of}\n${faults.join('\n')}`)
}

export type Payload = ParsePayload

export function fieldBy<Value>(
  expected: string,
  check: (payload: ParsePayload) => unknown,
): Field<Value> {
  const made = Object.assign(new $ZodCheck({ check: 'custom' }), { expected })
  const { _zod: internals } = made
  internals.check = (payload) => {
    if (payload.value !== undefined) check(payload)
  }
  return made
}

/** Checks a value, which the field may replace. */
export function runCheck({ _zod: internals }: Field<unknown>, value: unknown): Payload {
  const payload: Payload = { value, issues: [] }
  void internals.check(payload)
  return payload
}

/** Checks each option, and puts what its field made of it in its place. One that is undefined counts as left out. */
export function checkAll(fields: Fields, given: Values, payload: Payload): void {
  for (const [name, known] of Object.entries(fields)) {
    const { value, issues } = runCheck(known, given[name])
    if (value === undefined) delete given[name]
    else given[name] = value
    for (const issue of issues)
      payload.issues.push({ ...issue, path: [name, ...(issue.path ?? [])] })
  }
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name))
  if (unknown.length > 0) report(payload, expectedOf(fields), listKeys(unknown))
}

export function report(
  { value, issues }: ParsePayload,
  expected: string,
  given: string,
  name?: string,
): void {
  const message = `Expected ${expected}, given ${given}`
  issues.push({ code: 'custom', input: value, message, ...(name && { path: [name] }) })
}

export function expectedOf(fields: Fields): string {
  return `an object with some of ${Object.keys(fields).join(', ')}`
}

/**
 * Reads each option once. Promises, maps, arrays and instances of classes are refused: they have no options
 * of their own, so they would pass for an object that leaves all options out.
 */
export function copyOf(options: unknown): Values | undefined {
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
