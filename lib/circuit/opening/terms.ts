/** What opens a circuit, as its options say it: the terms of all rules of this folder. */
export interface OpeningTerms {
  /** Consecutive failures that open the circuit. */
  readonly threshold: number
}
