/**
 * Makes sure that the page itself sends a request, and no page of another site that a signed-in person has open.
 * Each of these checks is enough by itself, unless a browser or a proxy ignores the standards.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { tryCall } from '../../internal/property.js'
import { Refused } from './refused.js'

/** A page of another site cannot send it without asking first, and the page never allows it. */
export const TOKEN_HEADER = 'x-axios-breaker-token'

/** @throws Refused */
export function checkSender(request: IncomingMessage, token: string): void {
  if (!isOwnOrigin(request)) {
    throw new Refused(
      403,
      'Only this page itself may send actions: the request is from another origin',
    )
  }
  if (!isToken(request.headers[TOKEN_HEADER], token)) {
    throw new Refused(403, 'The page is from another process, or from before a restart: reload it')
  }
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new Refused(415, 'Expected the content type application/json')
}

/**
 * A browser says in Sec-Fetch-Site who sent the request, and no script can forge that. It leaves it out on plain
 * HTTP: there the Origin has to be the host that was asked. A request with neither is not from the page.
 */
function isOwnOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { origin, host = headers[':authority'] } = headers
  if (origin === undefined || typeof host !== 'string') return false
  const asked = tryCall(() => new URL(origin))
  const own = asked && tryCall(() => new URL(`${asked.protocol}//${host}`))
  return own !== undefined && asked?.host === own.host && asked.host !== ''
}

function isToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string') return false
  const [one, other] = [Buffer.from(given), Buffer.from(token)]
  return one.length === other.length && timingSafeEqual(one, other)
}
