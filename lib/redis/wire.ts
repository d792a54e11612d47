/** How questions, answers and messages are written down. */
import { createHash } from 'node:crypto'
import type { CircuitState } from '../circuit/types.js'
import { NOTHING } from '../storage/nothing.js'
import type { Answer, Question, Snapshot } from '../storage/storage.js'

const MICROSECONDS = 1e6
const SNAPSHOT = String.raw`(\d{1,16})\|(\d{1,16})\|(closed|opened|half-opened)\|(\d{1,16})\|(\d{1,16})\|(\d{1,16})`
const ANSWER = new RegExp(String.raw`^([01])\|${SNAPSHOT}\|(.*)$`, 's')
const MESSAGE = new RegExp(String.raw`^([0-9a-f]{40})\|(${SNAPSHOT}\|([\w-]*)\|(.+))$`, 's')

/** Changes nothing, of a circuit that cannot exist: whether commands are answered, and allowed. */
export const TRIAL: Question = {
  op: 'read',
  circuit: '',
  process: '',
  known: NOTHING,
  terms: { threshold: 1, ttl: 1, permits: 1, lease: 1, quorum: 1 },
}

export interface Reply {
  readonly answer: Answer
  /** What messages about the circuit are signed with; empty where the circuit has no key. */
  readonly secret: string
}

export interface Message {
  readonly circuit: string
  readonly process: string
  readonly snapshot: Snapshot
  isSignedWith(secret: string): boolean
}

/** @param secret what to sign with from now on, where the circuit has no key yet */
export function argumentsOf(question: Question, channel: string, secret: string): string[] {
  const { op, circuit, process, known, terms } = question
  const lease = op === 'renew' ? question.lease : terms.lease
  const knowledge = [known.version, known.epoch, known.state, known.failureCount]
  const rules = [terms.threshold, micro(terms.ttl), terms.permits, micro(lease), terms.quorum]
  const all = [
    op,
    circuit,
    channel,
    process,
    secret,
    ...knowledge,
    micro(known.openedFor),
    ...rules,
  ]
  return [...all.map(String), ...ownArguments(question)]
}

function ownArguments(question: Question): string[] {
  if (question.op === 'read') return []
  if (question.op === 'settle') return [question.token, question.outcome]
  if (question.op !== 'report') return [question.token]
  const { failures, streak, sawSuccess } = question
  return [String(failures), String(streak), sawSuccess ? '1' : '0']
}

/** @param reply a text, or a Buffer where the client is set to give these. @throws Error for what is no answer of the script */
export function parseReply(reply: unknown): Reply {
  const match = ANSWER.exec(String(reply))
  if (!match) throw new Error('Redis gave an answer that is not of the script')
  const [, granted, ...rest] = match
  return {
    answer: { ...snapshotOf(rest), granted: granted === '1' },
    secret: rest[6] ?? '',
  }
}

/** Undefined for what is no message of the script. */
export function parseMessage(text: unknown): Message | undefined {
  const match = MESSAGE.exec(String(text))
  if (!match) return undefined
  const [, signature, signed = '', ...rest] = match
  const [process = '', circuit = ''] = rest.slice(6)
  return {
    circuit,
    process,
    snapshot: snapshotOf(rest),
    isSignedWith: (secret) => sha1(`${secret}|${signed}`) === signature,
  }
}

export function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

function snapshotOf(fields: readonly string[]): Snapshot {
  const [version, epoch, state, failureCount, openedFor, heldFor] = fields
  return {
    version: Number(version),
    epoch: Number(epoch),
    state: state as CircuitState,
    failureCount: Number(failureCount),
    openedFor: Number(openedFor) / MICROSECONDS,
    heldFor: Number(heldFor) / MICROSECONDS,
  }
}

function micro(seconds: number): string {
  return String(Math.max(0, Math.round(seconds * MICROSECONDS)))
}
