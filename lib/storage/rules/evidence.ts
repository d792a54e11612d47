/** The evidence of all processes: one entry for each of them, for as long as it stands. */
import type { Question } from '../contract.js'
import { MOST_REPORTED, proofLife } from '../limits.js'
import type { Reported } from './kept.js'

/** Drops the entries that are too old to prove anything. The clock may have been set back. */
export function standing(
  evidence: readonly Reported[],
  ttl: number,
  now: number,
): readonly Reported[] {
  return evidence
    .map((entry) => ({ ...entry, at: Math.min(entry.at, now) }))
    .filter(({ at }) => now - at <= proofLife(ttl))
}

/** A report replaces what the process reported before. */
export function replaced(
  evidence: readonly Reported[],
  {
    evidence: { failures, age },
    process,
    reporter,
    retryAfter,
    terms,
  }: Question & { op: 'report' },
  now: number,
): readonly Reported[] {
  if (failures === undefined) return evidence
  const others = evidence.filter((entry) => entry.process !== process)
  if (failures === 0 || age > proofLife(terms.ttl)) return others
  const entry = { process, reporter, failures, at: now - age }
  const hasOpened = failures >= terms.opening.threshold
  return bounded([...others, { ...entry, ...(hasOpened && { retryAfter }) }])
}

/** The evidence of each reporter: of all breakers of a process, or of a larger unit. */
export function byReporter(evidence: readonly Reported[]): readonly (readonly Reported[])[] {
  const groups = new Map<string, readonly Reported[]>()
  for (const entry of evidence) {
    groups.set(entry.reporter, [...(groups.get(entry.reporter) ?? []), entry])
  }
  return [...groups.values()]
}

/** If there are too many entries, drops the oldest one of the reporters that have the most. */
function bounded(evidence: readonly Reported[]): readonly Reported[] {
  if (evidence.length <= MOST_REPORTED) return evidence
  const groups = byReporter(evidence)
  const most = Math.max(...groups.map(({ length }) => length))
  const worst = new Set(groups.filter(({ length }) => length === most).flat())
  const oldest = evidence
    .filter((entry) => worst.has(entry))
    .reduce((one, other) => (other.at < one.at ? other : one))
  return evidence.filter((entry) => entry !== oldest)
}
