/** The arguments and the reply of the script for forced circuits, as JSON. */
import { property } from '../internal/property.js'
import type { Force, ForceAnswer, ForceList, ForceQuestion } from '../storage/forces.js'
import type { LiftedForce, ListedForce } from '../storage/forces.js'
import { asCircuitError } from './failure-reasons.js'
import { FORCES_FORMAT } from './formats.js'
import { isWhole, micro, parsed, seconds } from './snapshot.js'
import { laterFormat, wellFormed, type Envelope } from './wire.js'

const FULL = 'The list of forced circuits is full: lift forces that are no longer needed'

export interface ForceReply {
  readonly answer: ForceAnswer
  /** Redis's clock, in seconds. */
  readonly time: number
  /** Redis did not carry out the command, because the deadline was over by its clock. */
  readonly isLate: boolean
}

/** Redis cannot hold a name with half a surrogate pair, so the caller has to refuse such a name first. */
export function forceArguments(
  question: ForceQuestion,
  { channel, expires, needsWrites }: Omit<Envelope, 'secret'>,
): string[] {
  const { op, known } = question
  const given = {
    op,
    channel,
    expires: micro(expires),
    needsWrites,
    version: known.version,
    floor: known.floor,
    isRoutine: op === 'read' && question.isRoutine === true,
    ...(op !== 'read' && { circuit: question.circuit }),
    ...(op === 'force' && forceOf(question.force)),
  }
  return [JSON.stringify(given), JSON.stringify(entriesOf(known))]
}

/** @throws Error if it is not a reply of the script; an error of the list alone if it cannot be used */
export function parseForceReply(reply: unknown): ForceReply {
  const fields = parsed(String(reply))
  const format = property(fields, 'format')
  if (typeof format === 'number') throw asCircuitError(new Error(laterFormat(format, FORCES_FORMAT))) // prettier-ignore
  if (property(fields, 'full') === true) throw asCircuitError(new Error(FULL))
  const [version, floor, time] = ['version', 'floor', 'time'].map((name) => property(fields, name))
  const [forces, lifted] = ['forces', 'lifted'].map((name) => property(fields, name))
  const isReply = isWhole(version) && isWhole(floor) && isWhole(time)
  if (!isReply || !Array.isArray(forces) || !Array.isArray(lifted)) {
    throw new Error('Unexpected reply from the Redis script')
  }
  return {
    answer: {
      version,
      forces: forces.map(listed),
      lifted: lifted.map(named),
      floor,
      granted: property(fields, 'granted') === true,
    },
    time: seconds(time),
    isLate: property(fields, 'late') === true,
  }
}

function forceOf({ state, by = '', reason = '', endsIn }: Force) {
  const lasts = endsIn === undefined ? {} : { lasts: micro(endsIn) }
  return { state, ...lasts, by: wellFormed(by), reason: wellFormed(reason) }
}

function entriesOf({ forces, lifted }: ForceList): unknown[] {
  const standing = forces.map(({ circuit, version, ...force }) => ({
    circuit,
    version,
    ...forceOf(force),
  }))
  return [...standing, ...lifted]
}

function listed(entry: unknown): ListedForce {
  const [state, endsIn, by, reason] = ['state', 'endsIn', 'by', 'reason'].map((name) =>
    property(entry, name),
  )
  return {
    ...named(entry),
    state: state === 'opened' ? state : 'closed',
    ...(typeof by === 'string' && by && { by }),
    ...(typeof reason === 'string' && reason && { reason }),
    ...(isWhole(endsIn) && { endsIn: seconds(endsIn) }),
  }
}

function named(entry: unknown): LiftedForce {
  return {
    circuit: String(property(entry, 'circuit')),
    version: Number(property(entry, 'version')),
  }
}
