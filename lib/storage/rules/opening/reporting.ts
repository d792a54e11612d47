import type { FailureRateTerms } from '../../../circuit/opening/terms.js'
import type { FailureReason } from '../../../circuit/types.js'
import type { Terms, WindowEvidence } from '../../contract.js'

/** A report of what a process has in its window, at one moment of the storage's clock. */
export interface Reporting {
  readonly window: WindowEvidence
  readonly reporter: string
  readonly reason?: FailureReason | undefined
  readonly retryAfter?: number | undefined
  readonly terms: Terms
  readonly rate: FailureRateTerms
  readonly now: number
}
