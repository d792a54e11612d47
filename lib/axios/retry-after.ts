/** Reads for how long a service asks to be left alone. */
import { property, tryCall } from '../internal/property.js'

const MS_PER_SECOND = 1000
const SECONDS = /^\d{1,9}$/
/** An HTTP date that names its zone. */
const DATE = /^[a-z]+, .+ GMT$/i

/**
 * @returns seconds; 0 if the answer has no Retry-After that makes sense. A date is compared with the
 *   answer's own Date, because the clock of the service may differ from ours
 */
export function retryAfterOf(response: unknown): number {
  const headers = property(response, 'headers')
  const text = headerOf(headers, 'retry-after')
  if (SECONDS.test(text)) return Number(text)
  if (!DATE.test(text)) return 0
  const seconds = (Date.parse(text) - Date.parse(headerOf(headers, 'date'))) / MS_PER_SECOND
  return seconds > 0 ? seconds : 0
}

/** Adapters of other authors may write the names as they like. */
function headerOf(headers: unknown, name: string): string {
  const entries = tryCall(() => Object.entries(headers as object)) ?? []
  const [, value] = entries.find(([key]) => key.toLowerCase() === name) ?? []
  return (tryCall(() => String(value)) ?? '').trim()
}
