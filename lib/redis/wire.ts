/** The arguments and the reply of the script: named fields, as JSON. */
import { createHash } from 'node:crypto'
import { property } from '../internal/property.js'
import { INITIAL_SNAPSHOT } from '../storage/initial-snapshot.js'
import type { Answer, Evidence, Question, Snapshot, Terms } from '../storage/contract.js'
import { asCircuitError } from './failure-reasons.js'
import { HASH_FORMAT } from './formats.js'
import { micro, parsed, reasonText, snapshotOf } from './snapshot.js'

/** Tests whether Redis answers and allows writes. It changes nothing that processes see. */
export const TEST_READ: Question = {
  op: 'read',
  circuit: '',
  process: '',
  reporter: '',
  deadline: 0,
  known: INITIAL_SNAPSHOT,
  terms: { opening: { threshold: 1 }, ttl: 1, permits: 1, lease: 1, quorum: 1 },
}

export interface Envelope {
  readonly channel: string
  /** The secret for messages about the circuit, if it has no key yet. */
  readonly secret: string
  /** Seconds of Redis's clock. A command that is carried out later changes nothing. 0 if unknown. */
  readonly expires: number
  /** Whether a read must fail if writes would. */
  readonly needsWrites: boolean
}

export interface Reply {
  readonly answer: Answer
  /** The secret that signs messages about the circuit; empty if the circuit has no key. */
  readonly secret: string
  /** Redis's clock, in seconds. */
  readonly time: number
  /** Redis did not carry out the command, because the deadline was over by its clock. */
  readonly isLate: boolean
}

export function argumentsOf(question: Question, envelope: Envelope): string[] {
  const { op, circuit, process, reporter, known, terms } = question
  const { channel, secret, expires, needsWrites } = envelope
  const given = {
    op: op === 'read' && needsWrites ? 'write' : op,
    circuit: wellFormed(circuit),
    channel,
    process,
    reporter,
    secret,
    expires: micro(expires),
    known: knowledge(known),
    terms: termsOf(terms),
    ...ownArguments(question),
  }
  return [JSON.stringify(given)]
}

/** Times in microseconds. */
function termsOf({ opening, ttl, growth, maxRetryAfter = 0, grace = 0, lease, ...terms }: Terms) {
  const { threshold, failureRate } = opening
  const { window } = failureRate || {}
  return {
    ...terms,
    opening: {
      threshold: Math.min(threshold, Number.MAX_SAFE_INTEGER),
      ...(failureRate && {
        failureRate: {
          ...failureRate,
          window: typeof window === 'number' ? micro(window) : window,
        },
      }),
    },
    ttl: micro(ttl),
    ...(growth && { growth: { ...growth, max: micro(growth.max) } }),
    maxRetryAfter: micro(maxRetryAfter),
    grace: micro(grace),
    lease: micro(lease),
  }
}

function knowledge({
  version,
  epoch,
  state,
  failureCount,
  openedFor,
  cause,
  round = 1,
  retryAfter = 0,
  lastFailure,
}: Snapshot) {
  return {
    cause,
    round,
    retryAfter: micro(retryAfter),
    version,
    epoch,
    state,
    failures: failureCount,
    openedFor: micro(openedFor),
    reason: reasonText(lastFailure),
  }
}

function ownArguments(question: Question): object {
  if (question.op === 'read') return {}
  if (question.op === 'report') {
    const { evidence, reason, retryAfter = 0 } = question
    return {
      evidence: evidenceOf(evidence),
      reason: reasonText(reason),
      retryAfter: micro(retryAfter),
    }
  }
  if (question.op === 'renew') return { token: question.token, lease: micro(question.lease) }
  if (question.op === 'settle') {
    const { token, outcome, isInFlight, reason, retryAfter = 0 } = question
    const told = { reason: reasonText(reason), retryAfter: micro(retryAfter) }
    return { token, outcome, isInFlight, ...told }
  }
  return { token: question.token }
}

function evidenceOf({ failures, age, window }: Evidence): object {
  if (!window) return { failures, age: micro(age) }
  const { requests, failures: failed, fresh, poll, openedFor } = window
  const opened = openedFor === undefined ? {} : { openedFor: micro(openedFor) }
  return {
    failures,
    age: micro(age),
    window: { requests, failures: failed, fresh, poll, ...opened },
  }
}

/**
 * @param reply a text, or a Buffer if the client is configured to return those
 * @throws Error if it is not a reply of the script; an error of the circuit alone if a later release owns it
 */
export function parseReply(reply: unknown): Reply {
  const fields = parsed(String(reply))
  const format = property(fields, 'format')
  if (typeof format === 'number') throw asCircuitError(new Error(laterFormat(format)))
  const [secret, timed] = [property(fields, 'secret'), snapshotOf(fields)]
  if (!timed || typeof secret !== 'string') {
    throw new Error('Unexpected reply from the Redis script')
  }
  const { snapshot, time } = timed
  return {
    answer: { ...snapshot, granted: property(fields, 'granted') === true },
    secret,
    time,
    isLate: property(fields, 'late') === true,
  }
}

export function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

export function laterFormat(format: number, known = HASH_FORMAT): string {
  return `a later release of axios-breaker keeps it in Redis, in format ${format}, and this release reads format ${known}` // prettier-ignore
}

/** Encodes the text as in the circuit's key. Redis's JSON reader refuses half a pair of surrogates. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}
