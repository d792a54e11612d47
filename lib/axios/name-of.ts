/** Asks the user's function for the name of a request's circuit. It may return, or throw, anything. */
import type { InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { describeKind } from '../internal/quote.js'
import { warnOnce } from '../internal/warnings.js'

/**
 * Names the circuit of a request, synchronously; with `undefined`, the request goes without a circuit. It gets
 * the request's final config. If it throws or returns anything else, the request goes without a circuit too,
 * and the console shows one warning.
 */
export type NameOf = (config: InternalAxiosRequestConfig) => string | undefined

/** In UTF-16 code units: names are kept, shown, and sent to the storage. */
const LONGEST = 200

/**
 * Never throws.
 *
 * @param subject of the warning, which appears once for each subject
 */
export function nameFor(
  config: InternalAxiosRequestConfig,
  nameOf: NameOf,
  subject: object,
): string | undefined {
  let fault: string
  try {
    const name: unknown = nameOf(config)
    if (name === undefined) return undefined
    if (typeof name === 'string' && name !== '' && name.length <= LONGEST) return name
    fault = `returned ${describe(name)}`
  } catch (error) {
    fault = `threw${placeOf(error)}`
  }
  const expected = `Expected a string of 1 to ${LONGEST} characters, or undefined`
  const text = `A function that names circuits ${fault}. ${expected}. Such requests go without a circuit`
  warnOnce(subject, 'name', text)
  return undefined
}

function describe(name: unknown): string {
  if (name === '') return 'an empty string'
  if (typeof name === 'string') return `a string of ${name.length} characters`
  if (typeof property(name, 'then') !== 'function') return describeKind(name)
  Promise.resolve(name).catch(() => undefined)
  return 'a promise'
}

/** The line of the code, and no message: some engines put the URL into it, with its credentials. */
function placeOf(error: unknown): string {
  const [stack, message] = [property(error, 'stack'), property(error, 'message')]
  if (typeof stack !== 'string' || typeof message !== 'string') return ''
  const [, place] = /^\s+(at \S.{0,300})$/m.exec(stack.replace(message, '')) ?? []
  return place ? `, ${place}` : ''
}
