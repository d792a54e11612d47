/**
 * Merges what a process knows into what the storage has, which may have lost some or all of it. Of two entries
 * for one circuit, the newer one counts, so a process that slept brings no lifted force back.
 */
import type { ForceList } from '../forces.js'
import { LIFTED_LIFE, MOST_FORCES, MOST_LIFTED } from '../limits.js'
import { MICROSECONDS } from './belief.js'
import { isOver, type KeptForce, type KeptForces, type Merging } from './kept-forces.js'

export function merged({ list, isChanged }: Merging, known: ForceList, now: number): Merging {
  const theirs = new Map(entriesOf(known, now).map((entry) => [entry.circuit, entry]))
  const ours = new Map(list.entries.map((entry) => [entry.circuit, entry]))
  const left = list.entries.filter(
    ({ circuit, version }) => version > known.floor || theirs.has(circuit),
  )
  const taken = left.map((entry) => newer(entry, theirs.get(entry.circuit)))
  let room = MOST_FORCES - taken.filter((entry) => !isOver(entry, now)).length
  const added = [...theirs.values()].filter((entry) => {
    if (ours.has(entry.circuit) || entry.version <= list.floor) return false
    return isOver(entry, now) || (room -= 1) >= 0
  })
  const isSame = taken.length === list.entries.length && taken.every((entry, at) => entry === list.entries[at]) // prettier-ignore
  const isBehind = list.version < known.version || list.floor < known.floor
  if (isSame && added.length === 0 && !isBehind) return { list, isChanged }
  const floor = Math.max(list.floor, known.floor)
  return { list: { ...list, floor, entries: [...taken, ...added] }, isChanged: true }
}

export function without({ entries }: KeptForces, circuit: string): readonly KeptForce[] {
  return entries.filter((entry) => entry.circuit !== circuit)
}

/** Forgets forces that were lifted long ago, and raises the floor to the newest version that it has forgotten. */
export function pruned(list: KeptForces, now: number): KeptForces {
  const over = list.entries.filter((entry) => isOver(entry, now))
  const newest = over.map(({ version }) => version)
  newest.sort((one, other) => other - one)
  const oldest = Math.floor((now - LIFTED_LIFE) * MICROSECONDS)
  const floor = Math.max(list.floor, newest[MOST_LIFTED] ?? 0, ...newest.filter((version) => version <= oldest)) // prettier-ignore
  const entries = list.entries.filter((entry) => !isOver(entry, now) || entry.version > floor)
  return { ...list, floor, entries }
}

function newer(ours: KeptForce, theirs: KeptForce | undefined): KeptForce {
  return theirs && theirs.version > ours.version ? theirs : ours
}

function entriesOf({ forces, lifted }: ForceList, now: number): KeptForce[] {
  return [
    ...forces.map(({ circuit, version, state, by, reason, endsIn }) => ({
      circuit,
      version,
      at: now,
      force: { state, by, reason },
      lasts: endsIn,
    })),
    ...lifted.map(({ circuit, version }) => ({ circuit, version, at: now })),
  ]
}
