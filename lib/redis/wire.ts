/** How questions, answers and messages are written down. */
import { createHash } from 'node:crypto'
import type { CircuitState, FailureReason } from '../circuit/types.js'
import { INITIAL_SNAPSHOT } from '../storage/initial-snapshot.js'
import type { Answer, Question, Snapshot } from '../storage/contract.js'

const MICROSECONDS = 1e6
const SNAPSHOT = String.raw`(\d{1,16})\|(\d{1,16})\|(closed|opened|half-opened)\|(\d{1,16})\|(\d{1,16})\|(\d{1,16})\|([\w.-]{0,67}/\d{0,3})`
const ANSWER = new RegExp(String.raw`^([012])\|${SNAPSHOT}\|(.*)\|(\d{1,16})$`, 's')
/** The number in front is the format's version. */
const MESSAGE = new RegExp(
  String.raw`^2\|([0-9a-f]{40})\|(${SNAPSHOT}\|(\d{1,16})\|([\w-]*)\|(.+))$`,
  's',
)

/** Changes nothing in what processes see: whether commands are answered, and writes allowed. */
export const TRIAL: Question = {
  op: 'read',
  circuit: '',
  process: '',
  reporter: '',
  deadline: 0,
  known: INITIAL_SNAPSHOT,
  terms: { opening: { threshold: 1 }, ttl: 1, permits: 1, lease: 1, quorum: 1 },
}

/** The operation of a read that fails if writes would. */
export const WRITE = 'write'

export interface Envelope {
  readonly channel: string
  /** What messages about the circuit are to be signed with, if it has no key yet. */
  readonly secret: string
  /** On Redis's clock, in seconds: what is carried out later than this changes nothing. 0: unknown. */
  readonly expires: number
}

export interface Reply {
  readonly answer: Answer
  /** What messages about the circuit are signed with; empty if the circuit has no key. */
  readonly secret: string
  /** Redis's clock, in seconds. */
  readonly time: number
  /** Redis carried out nothing, because by its clock the deadline was over. */
  readonly isLate: boolean
}

export interface Message {
  readonly circuit: string
  readonly process: string
  readonly snapshot: Snapshot
  /** Redis's clock when it was sent, in seconds. */
  readonly time: number
  isSignedWith(secret: string): boolean
}

export function argumentsOf(question: Question, { channel, secret, expires }: Envelope): string[] {
  const { op, circuit, process, reporter, known, terms } = question
  const { version, epoch, state, failureCount, openedFor } = known
  const { opening, ttl, permits, lease, quorum } = terms
  const given = {
    process,
    reporter,
    secret,
    expires: micro(expires),
    known: {
      version,
      epoch,
      state,
      failures: failureCount,
      openedFor: micro(openedFor),
      reason: reasonText(known.lastFailure),
    },
    terms: { ...opening, ttl: micro(ttl), permits, lease: micro(lease), quorum },
    ...ownArguments(question),
  }
  return [op, circuit, channel, JSON.stringify(given)]
}

function ownArguments(question: Question): object {
  if (question.op === 'read') return {}
  if (question.op === 'report') {
    const { evidence, reason } = question
    return { streak: evidence.failures, age: micro(evidence.age), reason: reasonText(reason) }
  }
  if (question.op === 'renew') return { token: question.token, lease: micro(question.lease) }
  if (question.op === 'settle') {
    const { token, outcome, reason } = question
    return { token, outcome, reason: reasonText(reason) }
  }
  return { token: question.token }
}

/** @param reply a text, or a Buffer if the client is set to give these. @throws Error for what is no answer of the script */
export function parseReply(reply: unknown): Reply {
  const match = ANSWER.exec(String(reply))
  if (!match) throw new Error('Unexpected reply from the Redis script')
  const [, granted, ...rest] = match
  return {
    answer: { ...snapshotOf(rest), granted: granted === '1' },
    secret: rest[7] ?? '',
    time: Number(rest[8]) / MICROSECONDS,
    isLate: granted === '2',
  }
}

/** Undefined for what is no message of the script. */
export function parseMessage(text: unknown): Message | undefined {
  const match = MESSAGE.exec(String(text))
  if (!match) return undefined
  const [, signature, signed = '', ...rest] = match
  const [time, process = '', circuit = ''] = rest.slice(7)
  return {
    circuit,
    process,
    snapshot: snapshotOf(rest),
    time: Number(time) / MICROSECONDS,
    isSignedWith: (secret) => sha1(`${secret}|${signed}`) === signature,
  }
}

export function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

function snapshotOf(fields: readonly string[]): Snapshot {
  const [version, epoch, state, failureCount, openedFor, heldFor, reason] = fields
  return {
    version: Number(version),
    epoch: Number(epoch),
    state: state as CircuitState,
    failureCount: Number(failureCount),
    openedFor: Number(openedFor) / MICROSECONDS,
    heldFor: Number(heldFor) / MICROSECONDS,
    ...lastFailureOf(reason),
  }
}

/** The code and the status, each left out if there is none. A code that looks like none is not told. */
function reasonText({ code = '', status }: FailureReason = {}): string {
  const isStatus = Number.isInteger(status) && Number(status) >= 0 && Number(status) < 1000
  return `${/^[\w.-]{1,64}$/.test(code) ? code : ''}/${isStatus ? status : ''}`
}

function lastFailureOf(text = '/'): Pick<Snapshot, 'lastFailure'> {
  const [code, status] = text.split('/')
  if (!code && !status) return {}
  return { lastFailure: { ...(code && { code }), ...(status && { status: Number(status) }) } }
}

/** Whole microseconds, no more of them than a double holds. */
function micro(seconds: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(seconds * MICROSECONDS)))
}
