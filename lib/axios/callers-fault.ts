/** Tells a fault of the request, or of the caller's own surroundings, from one of the service. */
import type { InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { saysNetworkFailed } from './network-words.js'

/** Faults of the request itself, found before anything was sent, or limits that the caller has set. */
const CALLER_FAULT =
  /^ERR_(BAD_(OPTION|REQUEST)|FORM_DATA|FR_MAX_BODY|HTTP2_(CONNECT|HEADER_S|INVALID_(CONN|HEADER|PSEUDO)|PAYLOAD|PSEUDO)|INVALID_(ARG|CHAR|HTTP_T|IP|PROTOCOL|URL)|NOT_SUPPORT|OUT_OF_RANGE|SOCKET_BAD_PORT|UNESCAPED)/

/** Options by which a caller brings code that may refuse a request, or a redirect of it. */
const CALLERS_CODE = ['httpAgent', 'httpsAgent', 'lookup', 'beforeRedirect', 'transport'] as const

/** Codes under which such code says no. */
const REFUSAL_CODE = /BLOCK|DENIED|DENY|DISALLOW|FORBID|NOT_?ALLOWED|NOT_?PERMITTED|REJECTED|SSRF/i

/** The words of agents that reach the service through another host, which failed them. */
const PROXY_WORDS = /\b(?:\w*proxy|socks\w*|tunnel\w*|timed? out|timeout|hang up|prematurely)\b/i

const MAX_CAUSES = 8

/** For what an adapter rejected with where no answer arrived. */
export function isCallerFault(error: unknown, config: InternalAxiosRequestConfig): boolean {
  const code = property(error, 'code')
  if (CALLER_FAULT.test(String(code))) return true
  // Without a limit, axios before 1.8 says the same of a body that was cut off.
  if (code === 'ERR_BAD_RESPONSE') return exceedsOwnLimit(error, config)
  // A page that is left aborts its requests under the code of a timeout.
  if (code === 'ECONNABORTED') return messageOf(error) === 'Request aborted'
  return (
    isLostWhileIdle(code, error) ||
    isControlFlow(error) ||
    (code === undefined && isRejectedInput(error)) ||
    (code === 'ERR_NETWORK' && isUnknownScheme(error)) ||
    isRefusedByOwnCode(error, config)
  )
}

function exceedsOwnLimit(
  error: unknown,
  { maxContentLength }: InternalAxiosRequestConfig,
): boolean {
  return Number(maxContentLength) >= 0 && messageOf(error).startsWith('maxContentLength')
}

/**
 * The service closed a connection that was kept alive, and the request met it half-way: the server
 * never read it. The next request goes through a connection of its own, and counts.
 */
function isLostWhileIdle(code: unknown, error: unknown): boolean {
  if (code !== 'ECONNRESET' && code !== 'EPIPE') return false
  const request = property(error, 'request')
  const sent = property(request, '_currentRequest') ?? request
  return property(sent, 'reusedSocket') === true && !property(sent, 'res')
}

/**
 * What frameworks throw through a request to stop or to redirect a page: Next.js and React mark it
 * with a digest, React's postponed rendering with its type, and routers throw the redirect itself.
 */
function isControlFlow(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      typeof property(cause, 'digest') === 'string' ||
      property(cause, '$$typeof') === Symbol.for('react.postpone') ||
      isThrownRedirect(cause),
  )
}

function isThrownRedirect(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || 'message' in thrown) return false
  const status = Number(property(thrown, 'status'))
  return status >= 300 && status < 400
}

/**
 * A URL, a method or a header that the platform does not take. A connection's TypeError comes with
 * its request, or says that the network failed. By name, as realms have TypeErrors of their own.
 */
function isRejectedInput(error: unknown): boolean {
  const origin = property(error, 'cause') ?? error
  if (property(origin, 'name') !== 'TypeError' || property(error, 'request')) return false
  return !saysNetworkFailed(messageOf(origin))
}

/** How fetch in Node takes a URL such as `gopher://host`. A redirect to one has other words. */
function isUnknownScheme(error: unknown): boolean {
  return messageOf(property(error, 'cause')) === 'unknown scheme'
}

/** Errors of the network have codes: what has none, or one that says no, comes of the caller's code. */
function isRefusedByOwnCode(error: unknown, config: InternalAxiosRequestConfig): boolean {
  if (!bringsCode(config) || !(property(error, 'request') || isBuiltIn(config))) return false
  const causes = causesOf(error)
  const origin = causes.at(-1)
  const code = property(origin, 'code')
  if (property(origin, 'syscall') !== undefined || isOfLocation(origin)) return false
  if (code !== undefined) return typeof code === 'string' && REFUSAL_CODE.test(code)
  const message = messageOf(origin)
  return isError(origin) && !PROXY_WORDS.test(message) && !saysNetworkFailed(message)
}

/** Only axios's own adapters are known to ask the caller's code. */
function isBuiltIn({ adapter }: InternalAxiosRequestConfig): boolean {
  return typeof adapter !== 'function'
}

function bringsCode(config: InternalAxiosRequestConfig): boolean {
  return (
    CALLERS_CODE.some((option) => Boolean(property(config, option))) ||
    Boolean(property(property(config, 'fetchOptions'), 'dispatcher'))
  )
}

/** The service redirects to what is no URL, to another protocol, or for ever. */
function isOfLocation(origin: unknown): boolean {
  const name = property(origin, 'name')
  return name === 'TypeError' || /redirect count|URL scheme/.test(messageOf(origin))
}

function isError(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'message' in value
}

/** The error and what caused it, the first cause last. Causes may go in circles. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = []
  for (let cause = error; cause !== undefined && cause !== null; cause = property(cause, 'cause')) {
    if (causes.length === MAX_CAUSES) break
    causes.push(cause)
  }
  return causes
}

function messageOf(error: unknown): string {
  const message = property(error, 'message')
  return typeof message === 'string' ? message : ''
}
