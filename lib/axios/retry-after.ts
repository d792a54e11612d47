/** Reads for how long a service asks to be left alone. */
import { property, tryCall } from '../internal/property.js'

const MS_PER_SECOND = 1000
const SECONDS = /^\d+$/
/** An HTTP date that names its zone. */
const DATE = /^[a-z]+, .+ GMT$/i
/** The oldest form of an HTTP date, by C's asctime: it names no zone, and is in UTC all the same. */
const ASCTIME = /^[a-z]{3} [a-z]{3} [ \d]?\d [\d:]{8} \d{4}$/i

/**
 * @returns seconds; 0 if the answer has no Retry-After that makes sense. A date is compared with the
 *   answer's own Date, because the clock of the service may differ from ours
 */
export function retryAfterOf(response: unknown): number {
  const headers = property(response, 'headers')
  const text = headerOf(headers, 'retry-after')
  // However many there are, the rules have a bound. Infinity would be lost on its way to a storage.
  if (SECONDS.test(text)) return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
  if (!DATE.test(text) && !ASCTIME.test(text)) return 0
  const seconds = (timeOf(text) - timeOf(headerOf(headers, 'date'))) / MS_PER_SECOND
  return seconds > 0 ? seconds : 0
}

/** @returns milliseconds; NaN if the text is no date */
function timeOf(text: string): number {
  return Date.parse(ASCTIME.test(text) ? `${text} GMT` : text)
}

type Entries = Iterable<readonly [string, unknown]>

/** Adapters of other authors may write the names as they like, and return any object that axios reads. */
function headerOf(headers: unknown, name: string): string {
  const value = tryCall(() => {
    const isList = property(headers, Symbol.iterator) !== undefined
    const entries = isList ? (headers as Entries) : Object.entries(headers as object)
    return String([...entries].find(([key]) => key.toLowerCase() === name)?.[1])
  })
  return (value ?? '').trim()
}
