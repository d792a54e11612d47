/** Explains connection errors, and says what to do about them. No message shows a password. */
import { property } from '../internal/property.js'
import { messageOf } from '../internal/errors.js'

export const NOT_CONNECTED = 'The client is not connected: call its connect() first'
/** Reasons for an attempt that hangs. */
export const UNREACHABLE = 'Could not reach the server: nothing answers on this host and port'
export const UNREACHABLE_BY_TLS =
  'Could not reach the server over TLS. If it does not speak TLS on this port, use redis://'
export const NO_ANSWER = 'The server accepts connections, but does not answer'
/** Errors that waiting does not cure. */
const REFUSAL = /^(?:WRONGPASS|NOAUTH|NOPERM|NOPROTO|READONLY|MOVED|OOM|ERR)\b/
/** The server was demoted or replaced. Another server at the same address may accept writes. */
const DEMOTED = /\b(?:READONLY|MASTERDOWN|UNBLOCKED|NOAUTH)\b/
/** Errors that concern a single key. */
const KEY_ERROR = /\bWRONGTYPE\b|^ERR (?:Error running script|user_script)/
/** What Redis puts round an error in a script: behind it, and before version 7 in front of it. */
const SCRIPT_LINE =
  / script: [\da-f]{40}, on @user_script:\d+\.?$|^ERR Error running script \(call to f_[\da-f]{40}\): (?:@user_script: ?\d+: )+-?/
const SERVER_ERROR =
  /\b(?:READONLY|MASTERDOWN|OOM|NOPERM|NOAUTH|LOADING|CLUSTERDOWN|MISCONF|NOREPLICAS|CROSSSLOT|MOVED|BUSY)\b|(?:can't|no permissions? to) (?:run|access)/

type Advice = readonly (readonly [RegExp, string])[]

const MOVED_ADVICE: Advice = [
  [
    /^MOVED\b/,
    'the server is a node of a cluster. Pass a client from createCluster, or a Cluster of ioredis',
  ],
]
/** For connections that were never established. */
const CONNECT_ADVICE: Advice = [
  [
    /wrong version number|packet length too long|record layer failure/,
    'the server does not speak TLS on this port. Use redis://',
  ],
  [
    /Socket closed unexpectedly|Connection is closed|ECONNRESET/,
    'the server closed the connection before it answered. If it speaks TLS on this port, use rediss://',
  ],
]

export function isRefusal(error: unknown): boolean {
  const reason = messageOf(error)
  return reason === NOT_CONNECTED || REFUSAL.test(reason)
}

export function isDemoted(error: unknown): boolean {
  return DEMOTED.test(messageOf(error))
}

export function isKeyError(error: unknown): boolean {
  const reason = messageOf(error)
  return KEY_ERROR.test(reason) && !SERVER_ERROR.test(reason)
}

/** Marks an error that concerns a single circuit, and is no reason to give up the storage. */
export function asCircuitError(error: unknown): Error {
  return Object.defineProperty(clean(error, messageOf(error)), 'scope', { value: 'circuit' })
}

/**
 * Returns an error of our own for one of a client, with advice, and without the arguments of commands. Every
 * error of a client goes through this or one of the functions below before anybody else sees it.
 */
export function explain(error: unknown): Error {
  return addAdvice(error, MOVED_ADVICE)
}

/** The same for an attempt to connect. */
export function explainConnectError(error: unknown): Error {
  return addAdvice(error, CONNECT_ADVICE)
}

function addAdvice(error: unknown, advice: Advice): Error {
  const text = causeOf(error)
  const hint = advice.find(([pattern]) => pattern.test(text))?.[1]
  return clean(error, hint === undefined ? text : `${text}: ${hint}`)
}

/**
 * Copies what is known to show no secret. Clients add more to their errors: the command that failed, which
 * may be a login with its password, the errors before it, or their options.
 */
function clean(error: unknown, message: string): Error {
  const [code, cause] = [property(error, 'code'), property(error, 'cause')]
  const made =
    cause === undefined
      ? new Error(message)
      : new Error(message, { cause: new Error(redactArguments(cause)) })
  return typeof code === 'string' ? Object.assign(made, { code }) : made
}

/** Says what the caller must do: we cannot reconnect the caller's client. */
export function adviseOwner(error: Error): Error {
  const reason = messageOf(error)
  if (!/\b(?:READONLY|MASTERDOWN|UNBLOCKED)\b/.test(reason)) return error
  return new Error(
    `${reason}: the client is connected to a replica. ` +
      'Reconnect it to the new primary, or use createSentinel',
  )
}

/** A name with several addresses fails once for each address. */
function causeOf(error: unknown): string {
  const parts = property(error, 'errors')
  const last = property(error, 'lastNodeError')
  if (property(last, 'message')) return `${redactArguments(error)} (${redactArguments(last)})`
  if (!Array.isArray(parts) || property(error, 'message')) return redactArguments(error)
  return [...new Set(parts.map(redactArguments))].join(', ')
}

/**
 * A server quotes a command that it does not know, with its arguments. In a login, these hold the password.
 */
function redactArguments(error: unknown): string {
  const [text = ''] = messageOf(error).split(/,? with args beginning with/)
  // Each script has a hash of its own, so the same error would look like a new one.
  return text.replace(SCRIPT_LINE, '')
}
