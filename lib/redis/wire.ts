/** The arguments and the reply of the script: named fields, as JSON. */
import { createHash } from 'node:crypto'
import { property } from '../internal/property.js'
import { INITIAL_SNAPSHOT } from '../storage/initial-snapshot.js'
import type { Answer, Question, Snapshot } from '../storage/contract.js'
import { asCircuitError } from './failure-reasons.js'
import { HASH_FORMAT } from './formats.js'
import { micro, parsed, reasonText, snapshotOf } from './snapshot.js'

/** Tests whether Redis answers and allows writes. It changes nothing that processes see. */
export const TRIAL: Question = {
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
    terms: { ...terms, ttl: micro(terms.ttl), lease: micro(terms.lease) },
    ...ownArguments(question),
  }
  return [JSON.stringify(given)]
}

function knowledge({ version, epoch, state, failureCount, openedFor, lastFailure }: Snapshot) {
  return {
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
    const { evidence, reason } = question
    return { evidence: { ...evidence, age: micro(evidence.age) }, reason: reasonText(reason) }
  }
  if (question.op === 'renew') return { token: question.token, lease: micro(question.lease) }
  if (question.op === 'settle') {
    const { token, outcome, reason } = question
    return { token, outcome, reason: reasonText(reason) }
  }
  return { token: question.token }
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

function laterFormat(format: number): string {
  return `a later release of axios-breaker keeps it in Redis, in format ${format}, and this release reads format ${HASH_FORMAT}` // prettier-ignore
}

/** Encodes the name as in the circuit's key. Redis's JSON reader refuses half a pair of surrogates. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}
