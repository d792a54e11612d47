import type { Opening } from './opening.js'
import { Streak } from './streak.js'
import type { OpeningTerms } from './terms.js'

/** The rule that these terms ask for, for one circuit. */
export function openingBy(terms: OpeningTerms): Opening {
  return new Streak(terms)
}
