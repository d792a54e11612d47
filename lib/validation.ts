/** Checks options, and says what is wrong with them. The only importer of zod. */
import * as z from 'zod/mini'
import { ConfigError } from './errors.js'
import { property } from './property.js'

/** A field for each option and nothing else. */
export type Shape<Options> = Record<keyof Options, z.ZodMiniType>

export function countField() {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1
  return field<number>('Expected a whole number from 1', isCount)
}

export function secondsField() {
  const isTime = (value: unknown): boolean => Number.isFinite(value) && Number(value) > 0
  return field<number>('Expected a number of seconds above 0', isTime)
}

export function functionField<Value>() {
  return field<Value>('Expected a function', (value) => typeof value === 'function')
}

/** Read once, as one that answers no number would leave its circuits opened for ever. */
export function clockField() {
  const isClock = (value: unknown): boolean => {
    try {
      return typeof value === 'function' && Number.isFinite((value as () => unknown)())
    } catch {
      return false
    }
  }
  return field<() => number>('Expected a function that returns seconds', isClock)
}

/** @param method a function that the object must have */
export function objectField<Value>(expected: string, method: string) {
  const isObject = (value: unknown): boolean => typeof property(value, method) === 'function'
  return field<Value>(`Expected ${expected}`, isObject)
}

/** With words of our own: those of zod's checks and locales would add a tenth to a browser's bundle. */
export function field<Value>(expected: string, matches: (value: unknown) => boolean) {
  return z.optional(z.custom<Value>(matches, expected))
}

/** @throws ConfigError naming each wrong option, the value given and what was expected */
export function parse<Fields extends z.core.$ZodShape>(
  fields: Fields,
  options: unknown,
  of: string,
) {
  const names = Object.keys(fields).join(', ')
  const schema = z.strictObject(fields, `Expected an object with some of ${names}`)
  const result = z.safeParse(schema, options, { reportInput: true })
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => ({ ...issue, message: explain(issue) }))
  throw new ConfigError(`Invalid ${of}\n${z.prettifyError({ issues })}`)
}

function explain(issue: z.core.$ZodIssue): string {
  const { input, message } = issue
  if (issue.code !== 'unrecognized_keys') return `${message}, given ${show(input)}`
  const given = issue.keys.map((key) => `${show(key)}: ${show(property(input, key))}`)
  return `${message}, given ${given.join(', ')}`
}

/** Only plain values are shown: an object may hold a secret. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? `an ${typeof value}` : String(value)
}

/** An option given as undefined is an option left out. */
export function withDefaults<Resolved extends object>(
  defaults: Resolved,
  options: { readonly [Key in keyof Resolved]?: Resolved[Key] | undefined },
): Resolved {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaults, ...Object.fromEntries(given) })
}
