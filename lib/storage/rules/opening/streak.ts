/** Opens a circuit by failures in a row: those of all processes add up. */
import { byReporter } from '../evidence.js'
import type { Reported } from '../kept.js'

export function sumOf(evidence: readonly Reported[]): number {
  return evidence.reduce((sum, { failures }) => sum + failures, 0)
}

/** Whether the failures reach the threshold without those of the `quorum - 1` reporters that have the most. */
export function isStreak(
  evidence: readonly Reported[],
  threshold: number,
  quorum: number,
): boolean {
  const sums = byReporter(evidence).map((group) => sumOf(group))
  sums.sort((one, other) => other - one)
  return sums.slice(quorum - 1).reduce((sum, failures) => sum + failures, 0) >= threshold
}
