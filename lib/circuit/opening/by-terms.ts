import type { Opening } from './opening.js'
import { RateOfLatestRequests, RateOfLatestTime } from './failure-rate.js'
import { Streak } from './streak.js'
import type { OpeningTerms } from './terms.js'

/** The rule that these terms ask for, for one circuit. */
export function openingBy({ threshold, failureRate }: OpeningTerms): Opening {
  if (!failureRate) return new Streak(threshold)
  const Rate = typeof failureRate.window === 'number' ? RateOfLatestTime : RateOfLatestRequests
  return new Rate(threshold, failureRate)
}
