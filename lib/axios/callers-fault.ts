/** Distinguishes faults of the request or of the caller's own environment from failures of the service. */
import type { InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { saysNetworkFailed } from './network-words.js'

/** Faults of the request that were found before it was sent, and limits that the caller set. */
const CALLER_FAULT =
  /^ERR_(BAD_(OPTION|REQUEST)|FORM_DATA|FR_MAX_BODY|HTTP2_(CONNECT|HEADER_S|INVALID_(CONN|HEADER|PSEUDO)|PAYLOAD|PSEUDO)|INVALID_(ARG|CHAR|HTTP_T|IP|PROTOCOL|URL)|NOT_SUPPORT|OUT_OF_RANGE|SOCKET_BAD_PORT|UNESCAPED)/

/** Options with the caller's own code, which may refuse a request or its redirect. */
const CALLERS_CODE = ['httpAgent', 'httpsAgent', 'lookup', 'beforeRedirect', 'transport'] as const

/** Codes of such refusals, and none of TLS, by which a service or its certificate fails. */
const REFUSAL_CODE =
  /^(?!ERR_SSL_|CERT_).*(BLOCK|DEN(IED|Y)|DISALLOW|FORBID|NOT_?(ALLOWED|PERMITTED)|REJECTED|SSRF)/i

/** Words in the errors of agents whose proxy failed. */
const PROXY_WORDS =
  /\b(\w*proxy|socks\w*|tunnel\w*|timed? ?out|hang up|prematurely|socket closed|negotiation error|bad response)\b/i

const MAX_CAUSES = 8

/** @param error what the adapter rejected with; no answer arrived */
export function isCallerFault(error: unknown, config: InternalAxiosRequestConfig): boolean {
  const code = property(error, 'code')
  if (CALLER_FAULT.test(String(code))) return true
  // axios before 1.8 reports a truncated body in the same way, even without a limit.
  if (code === 'ERR_BAD_RESPONSE') return exceedsOwnLimit(error, config)
  // When the user leaves a page, its requests abort with the code of a timeout.
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
 * The service closed an idle connection while the request was on its way, so the server never read it. The
 * next request uses a new connection, and counts.
 */
function isLostWhileIdle(code: unknown, error: unknown): boolean {
  if (code !== 'ECONNRESET' && code !== 'EPIPE') return false
  const request = property(error, 'request')
  const sent = property(request, '_currentRequest') ?? request
  return property(sent, 'reusedSocket') === true && !property(sent, 'res')
}

/**
 * Frameworks throw through a request to stop or redirect a page. Next.js and React mark such an error with a
 * digest, React's postponed rendering with its type, and routers throw the redirect itself.
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
  const status = Number(property(thrown, 'status'))
  return status >= 300 && status < 400 && property(thrown, 'message') === undefined
}

/**
 * The platform rejected a URL, a method or a header. A TypeError of a connection has a request, or says that
 * the network failed. This compares names, because each realm has its own TypeError.
 */
function isRejectedInput(error: unknown): boolean {
  const origin = property(error, 'cause') ?? error
  if (property(origin, 'name') !== 'TypeError' || property(error, 'request')) return false
  return !saysNetworkFailed(messageOf(origin))
}

/** Node's fetch rejects a URL such as `gopher://host` like this. A redirect to one has another message. */
function isUnknownScheme(error: unknown): boolean {
  return messageOf(property(error, 'cause')) === 'unknown scheme'
}

/**
 * Network errors have codes. An error without one, or with one of a refusal, comes from the caller's code.
 */
function isRefusedByOwnCode(error: unknown, config: InternalAxiosRequestConfig): boolean {
  if (!bringsCode(config) || !(property(error, 'request') || isBuiltIn(config))) return false
  const causes = causesOf(error)
  const origin = causes.at(-1)
  const code = property(origin, 'code')
  if (property(origin, 'syscall') !== undefined || isOfLocation(origin)) return false
  if (code !== undefined) return typeof code === 'string' && REFUSAL_CODE.test(code)
  const message = messageOf(origin)
  return (
    property(origin, 'message') !== undefined &&
    !PROXY_WORDS.test(message) &&
    !saysNetworkFailed(message)
  )
}

/** Only axios's own adapters are known to call the caller's code. */
function isBuiltIn({ adapter }: InternalAxiosRequestConfig): boolean {
  return typeof adapter !== 'function'
}

function bringsCode(config: InternalAxiosRequestConfig): unknown {
  return (
    CALLERS_CODE.some((option) => property(config, option)) ||
    property(property(config, 'fetchOptions'), 'dispatcher')
  )
}

/** The service redirected to an invalid URL, to another protocol, or endlessly. */
function isOfLocation(origin: unknown): boolean {
  const name = property(origin, 'name')
  return name === 'TypeError' || /redirect count|URL scheme/.test(messageOf(origin))
}

/** The error and its causes, the root cause last. Causes may be circular. */
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
