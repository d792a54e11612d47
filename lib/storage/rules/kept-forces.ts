/** What a storage keeps of the list of forced circuits: plain data, which JSON keeps whole. */
import { NO_FORCES, type Force, type ForceList } from '../forces.js'
import type { LiftedForce, ListedForce } from '../forces.js'
import { FAR_FUTURE } from '../limits.js'
import { MICROSECONDS } from './belief.js'

/** The newest entry for one circuit. Moments are seconds of the storage's clock. */
export interface KeptForce {
  readonly circuit: string
  readonly version: number
  readonly at: number
  /** Left out if the force was lifted. */
  readonly force?: Omit<Force, 'endsIn'> | undefined
  /** Seconds after `at` at which it ends; left out if it does not end by itself. */
  readonly lasts?: number | undefined
}

export interface KeptForces {
  readonly version: number
  readonly floor: number
  /** Each circuit once at most. */
  readonly entries: readonly KeptForce[]
}

/** A list that may differ from the one that is stored. */
export interface Merging {
  readonly list: KeptForces
  readonly isChanged: boolean
}

const NOTHING: KeptForces = { version: 0, floor: 0, entries: [] }

/** What a process knows of the far future is garbage, as it is for circuits. */
export function believable(known: ForceList, now: number): ForceList {
  return newestOf(known, [...known.forces, ...known.lifted]) <= latest(now) ? known : NO_FORCES
}

/** The greatest of all versions. */
export function newestOf(
  { version, floor }: Pick<ForceList, 'version' | 'floor'>,
  entries: readonly LiftedForce[],
): number {
  return Math.max(version, floor, ...entries.map((entry) => entry.version))
}

/**
 * The clock may have been set back, so no moment is later than now, and a version of the far future counts
 * as one of now: a wrong clock of a server must not end a force.
 */
export function believed(kept: KeptForces | undefined, now: number): Merging {
  if (!kept) return { list: NOTHING, isChanged: false }
  const { version, floor, entries } = kept
  const isFuture = newestOf(kept, entries) > latest(now)
  if (!isFuture && entries.every(({ at }) => at <= now)) return { list: kept, isChanged: false }
  const most = isFuture ? Math.floor(now * MICROSECONDS) : Infinity
  const list = {
    version: Math.min(version, most),
    floor: Math.min(floor, most),
    entries: entries.map((entry) => ({
      ...entry,
      version: Math.min(entry.version, most),
      at: Math.min(entry.at, now),
    })),
  }
  return { list, isChanged: true }
}

/** Whether no force stands any more: it was lifted, or has ended. */
export function isOver({ force, at, lasts = Infinity }: KeptForce, now: number): boolean {
  return !force || at + lasts <= now
}

export function answerOf({ version, floor, entries }: KeptForces, now: number): ForceList {
  const forces: ListedForce[] = []
  const lifted: LiftedForce[] = []
  for (const entry of entries) {
    const { circuit, version: since, force, at, lasts } = entry
    const named = { circuit, version: since }
    if (!force || isOver(entry, now)) lifted.push(named)
    else {
      const endsIn = lasts === undefined ? undefined : at + lasts - now
      forces.push({ ...named, ...force, endsIn })
    }
  }
  return { version, forces, lifted, floor }
}

function latest(now: number): number {
  return (now + FAR_FUTURE) * MICROSECONDS
}
