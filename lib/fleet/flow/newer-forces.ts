/** Merges an answer with what the process has learned since it asked. */
import type { ForceList, LiftedForce } from '../../storage/forces.js'

export interface MergedForces {
  readonly list: ForceList
  /** Whether this list is news to the storage, too. */
  readonly isNews: boolean
}

/** Of two entries for one circuit, the newer one counts. */
export function mergedForces(one: ForceList, other: ForceList): MergedForces {
  const [older, newer] = one.version < other.version ? [one, other] : [other, one]
  const [before, after] = [versionsOf(older), versionsOf(newer)]
  const isOutdated = ({ circuit, version }: LiftedForce): boolean =>
    version < (before.get(circuit) ?? older.floor + 1)
  const isMissing = ({ circuit, version }: LiftedForce): boolean =>
    version > (after.get(circuit) ?? newer.floor)
  const isNews =
    [...newer.forces, ...newer.lifted].some(isOutdated) ||
    [...older.forces, ...older.lifted].some(isMissing)
  if (!isNews) return { list: newer, isNews }
  const list = {
    version: newer.version,
    floor: Math.max(older.floor, newer.floor),
    forces: [...newer.forces.filter((entry) => !isOutdated(entry)), ...older.forces.filter(isMissing)], // prettier-ignore
    lifted: [...newer.lifted.filter((entry) => !isOutdated(entry)), ...older.lifted.filter(isMissing)], // prettier-ignore
  }
  return { list, isNews }
}

function versionsOf({ forces, lifted }: ForceList): ReadonlyMap<string, number> {
  return new Map([...forces, ...lifted].map(({ circuit, version }) => [circuit, version]))
}
