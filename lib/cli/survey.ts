/** Reads all that Redis has of circuits and forces. */
import { messageOf } from '../internal/errors.js'
import type { ListedForce } from '../storage/forces.js'
import type { Row } from './rows.js'
import type { Reading, Session } from './session.js'

/** A user may lack the permission, or a server may have no such command: a setting can take it away. */
const FORBIDDEN = /NOPERM|permission|unknown command/

export interface Survey {
  readonly rows: readonly Row[]
  /** Why the keys of circuits cannot be listed; then only forced ones are. */
  readonly missing?: string | undefined
}

/** The circuits that have a key. */
export interface Names {
  readonly names: readonly string[]
  /** Why nobody knows; then there are no names. */
  readonly missing?: string | undefined
}

export async function survey(session: Session): Promise<Survey> {
  const { names, missing } = await namesIn(session)
  return { rows: await rowsOf(session, names), missing }
}

/** Reads these circuits, whether they have a key or not, and all that are forced. */
export async function rowsOf(session: Session, names: Iterable<string>): Promise<Row[]> {
  const forces = await forcesIn(session)
  const all = [...new Set([...names, ...forces.keys()])]
  const readings = await session.read(all)
  return all.map((name) => rowOf(name, readings.get(name), forces.get(name)))
}

export async function forcesIn(session: Session): Promise<Map<string, ListedForce>> {
  const { forces } = await session.forces({ op: 'read' })
  return new Map(forces.map((force) => [force.circuit, force]))
}

export function rowOf(circuit: string, reading: Reading | undefined, forced?: ListedForce): Row {
  if (reading && 'snapshot' in reading) {
    return { circuit, ownState: reading.snapshot.state, snapshot: reading.snapshot, forced }
  }
  return { circuit, ownState: 'unknown', problem: reading?.problem, forced }
}

/** In a large database, this takes long. */
export async function namesIn(session: Session): Promise<Names> {
  try {
    return { names: await session.circuits() }
  } catch (error) {
    const missing = messageOf(error)
    if (!FORBIDDEN.test(missing)) throw error
    return { names: [], missing }
  }
}
