/** Whether a closed circuit opens: by any of the rules that the asking process has terms for. */
import type { Terms } from '../../contract.js'
import type { Reported } from '../kept.js'
import { isStreak } from './streak.js'

export function opens(evidence: readonly Reported[], { opening, quorum }: Terms): boolean {
  return isStreak(evidence, opening.threshold, quorum)
}
