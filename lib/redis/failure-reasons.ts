/** What an error of a connection means, in words that say what to do about it. Never with a password in them. */
import { property } from '../internal/property.js'
import { messageOf } from '../internal/errors.js'

export const NOT_CONNECTED = 'The client is not connected: call its connect() first'
/** What is wrong with an attempt that hangs. */
export const UNREACHABLE = 'The server cannot be reached: nothing answers to the attempt to connect'
export const UNREACHABLE_BY_TLS =
  'The server cannot be reached by TLS. If it does not speak TLS at this port, use redis:// for it'
export const NO_ANSWER = 'The server takes connections, but does not answer'
/** What waiting will not mend. */
const REFUSAL = /^(?:WRONGPASS|NOAUTH|NOPERM|NOPROTO|READONLY|MOVED|OOM|ERR)\b/
/** The server has become another: what the address leads to now may take writes. */
const DEMOTED = /\b(?:READONLY|MASTERDOWN|UNBLOCKED|NOAUTH)\b/
/** What is wrong with one key. */
const KEY_ERROR = /\bWRONGTYPE\b|^ERR (?:Error running script|user_script)/
const SERVER_ERROR =
  /\b(?:READONLY|MASTERDOWN|OOM|NOPERM|NOAUTH|LOADING|CLUSTERDOWN|MISCONF|NOREPLICAS|CROSSSLOT|MOVED|BUSY)\b|(?:can't|no permissions? to) (?:run|access)/

type Advice = readonly (readonly [RegExp, string])[]

const MOVED_ADVICE: Advice = [
  [
    /^MOVED\b/,
    'the server is one node of a cluster: give a client of createCluster (or Cluster of ioredis) instead',
  ],
]
/** Of a connection that never was. */
const CONNECT_ADVICE: Advice = [
  [
    /wrong version number|packet length too long|record layer failure/,
    'the server does not speak TLS at this port: use redis:// for it',
  ],
  [
    /Socket closed unexpectedly|Connection is closed|ECONNRESET/,
    'the server closed the connection before it answered. If it speaks TLS at this port, use rediss://',
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

/** It is the fault of one circuit, and no reason to give up the storage. */
export function asCircuitError(error: unknown): Error {
  const told = error instanceof Error ? error : new Error(messageOf(error))
  if (!Object.hasOwn(told, 'scope')) Object.defineProperty(told, 'scope', { value: 'circuit' })
  return told
}

/** The error, or one that says more, or less. */
export function explain(error: unknown): unknown {
  return addAdvice(error, MOVED_ADVICE)
}

/** The same, of an attempt to connect. */
export function explainConnectError(error: unknown): unknown {
  return addAdvice(error, CONNECT_ADVICE)
}

function addAdvice(error: unknown, advice: Advice): unknown {
  const text = causeOf(error)
  const hint = advice.find(([pattern]) => pattern.test(text))?.[1]
  const told = hint === undefined ? text : `${text}: ${hint}`
  return told === property(error, 'message') ? error : new Error(told)
}

/** A caller's client is not ours to connect anew. */
export function adviseOwner(error: unknown): unknown {
  const reason = messageOf(error)
  if (!/\b(?:READONLY|MASTERDOWN|UNBLOCKED)\b/.test(reason)) return error
  return new Error(
    `${reason}: the client is connected to a replica. ` +
      'Reconnect it to the new primary, or use createSentinel',
  )
}

/** A name with several addresses fails once for each. */
function causeOf(error: unknown): string {
  const parts = property(error, 'errors')
  const last = property(property(error, 'lastNodeError'), 'message')
  if (typeof last === 'string' && last !== '') return `${redactArguments(error)} (${last})`
  if (!Array.isArray(parts) || property(error, 'message')) return redactArguments(error)
  return [...new Set(parts.map(redactArguments))].join(', ')
}

/** A server quotes a command that it does not know, and with it the password, where that was to log in. */
function redactArguments(error: unknown): string {
  const text = messageOf(error)
  return text.split(/,? with args beginning with/)[0] ?? text
}
