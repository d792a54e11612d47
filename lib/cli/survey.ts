/** Reads all that Redis has of circuits and forces. */
import { messageOf } from '../internal/errors.js'
import type { ListedForce } from '../storage/forces.js'
import type { Row } from './rows.js'
import type { Reading, Session } from './session.js'

export interface Survey {
  readonly rows: readonly Row[]
  /** Why the keys of circuits cannot be listed; then only forced ones, and those in `also`, are. */
  readonly missing?: string | undefined
}

/** @param also circuits to read whether they have a key or not */
export async function survey(session: Session, also: Iterable<string> = []): Promise<Survey> {
  const { names, missing } = await namesIn(session)
  const forces = await forcesIn(session)
  const all = [...new Set([...names, ...forces.keys(), ...also])]
  const readings = await session.read(all)
  const rows = all.map((name) => rowOf(name, readings.get(name), forces.get(name)))
  return { rows, missing }
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

async function namesIn(session: Session): Promise<{ names: readonly string[]; missing?: string }> {
  try {
    return { names: await session.circuits() }
  } catch (error) {
    const missing = messageOf(error)
    if (!/NOPERM|permission/.test(missing)) throw error
    return { names: [], missing }
  }
}
