/** Labels derived from requests. Their number is bounded, whatever users and services send. */

/** The methods of RFC 9110 and PATCH, by axios's spelling. */
const METHODS: ReadonlyMap<string, string> = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'].map((method) => [
    method.toLowerCase(),
    method,
  ]),
)

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
const FIRST_STATUS = 100
const LAST_STATUS = 599

const NO_ANSWER = 'error'
/** For a number that is not an HTTP status. */
const NO_STATUS = 'other'

/** @param method in lower case as axios writes it, or as an interceptor has left it, which may be anything */
export function methodLabel(method: unknown, other: string): string {
  if (typeof method !== 'string') return other
  return METHODS.get(method) ?? METHODS.get(method.toLowerCase()) ?? other
}

export function isStatus(status: number | undefined): status is number {
  return Number.isInteger(status) && Number(status) >= FIRST_STATUS && Number(status) <= LAST_STATUS
}

export function statusClass(status: number | undefined): string {
  if (status === undefined) return NO_ANSWER
  return (isStatus(status) && CLASSES[Math.floor(status / FIRST_STATUS) - 1]) || NO_STATUS
}

export function statusCode(status: number | undefined): string {
  if (status === undefined) return NO_ANSWER
  return isStatus(status) ? String(status) : NO_STATUS
}
