/** What opened a circuit: failures in a row, the rate of failures, or probes that failed. */
export type OpeningCause = 'streak' | 'rate' | 'probe'

/** What opens a circuit, as its options say it: the terms of all rules of this folder. */
export interface OpeningTerms {
  /** Consecutive failures that open the circuit; Infinity if no number of them does. */
  readonly threshold: number
  /** False if no rate does. */
  readonly failureRate?: FailureRateTerms | false | undefined
}

export interface FailureRateTerms {
  /** What fraction of the requests must have failed: above 0, at most 1. */
  readonly threshold: number
  /** Seconds, or the number of requests. */
  readonly window: number | { readonly requests: number }
  /** With fewer requests in the window, the rate opens nothing. */
  readonly minimumRequests: number
}

/** The requests that a rate is made of, at one moment. */
export interface FailureRateReading {
  readonly requests: number
  readonly failures: number
  /** From 0 to 1; 0 without requests. */
  readonly rate: number
}

/** The window of one process, as a fleet needs to know it. */
export interface OwnWindow {
  readonly requests: number
  /** All requests, if the process has opened its circuit by itself: it would send none of them now. */
  readonly failures: number
  /** Seconds since it has; left out if it has not. */
  readonly openedFor?: number | undefined
  /** Seconds for which the service asked to be left alone then. */
  readonly retryAfter?: number | undefined
}
