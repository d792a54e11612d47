/** What the failures of several processes prove together. */

import type { Evidence } from '../contract.js'

/** A process's own failures in a row. */
export interface Streak {
  readonly process: string
  readonly reporter: string
  readonly streak: number
  /** The time of the newest failure. */
  readonly at: number
}

export function streakOf(
  { failures, age }: Evidence,
  process: string,
  reporter: string,
  now: number,
): Streak {
  return { process, reporter, streak: failures, at: now - age }
}

export function sumOf(streaks: readonly Streak[]): number {
  return streaks.reduce((sum, { streak }) => sum + streak, 0)
}

/** The sum without the `quorum - 1` reporters that have the most. */
export function proofOf(streaks: readonly Streak[], quorum: number): number {
  const sums = [...byReporter(streaks).values()].map((group) => sumOf(group))
  sums.sort((one, other) => other - one)
  return sums.slice(quorum - 1).reduce((sum, streak) => sum + streak, 0)
}

/** At most so many: the oldest of the reporter that has the most entries goes first. */
export function evict(streaks: readonly Streak[], most: number): readonly Streak[] {
  if (streaks.length <= most) return streaks
  const groups = [...byReporter(streaks).values()]
  const longest = groups.reduce((one, other) => (other.length > one.length ? other : one))
  const oldest = longest.reduce((one, other) => (other.at < one.at ? other : one))
  return streaks.filter((entry) => entry !== oldest)
}

function byReporter(streaks: readonly Streak[]): Map<string, readonly Streak[]> {
  const groups = new Map<string, readonly Streak[]>()
  for (const entry of streaks) {
    groups.set(entry.reporter, [...(groups.get(entry.reporter) ?? []), entry])
  }
  return groups
}
