import type { SlowRule } from './opening/slow.js'
import type { FailureRateTerms } from './opening/terms.js'

/** What a circuit needs to know about attempts besides their outcome. */
export interface Attention {
  readonly slow?: SlowRule | undefined
  /** Seconds up to which a Retry-After counts; 0 if nobody needs to read it. */
  readonly maxRetryAfter?: number | undefined
  /** The window of its failure rate; undefined if it has none. */
  readonly window?: FailureRateTerms['window'] | undefined
}
