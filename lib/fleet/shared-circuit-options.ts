/** What a shared circuit is given, and what becomes of its options. */
import type { Rules } from '../circuit/types.js'
import type { Terms } from '../storage/contract.js'
import type { Settings } from './flow/state.js'
import type { Asker, AskStorage } from './runner.js'
import type { Sharing } from './sharing.js'

export interface SharedCircuitOptions {
  readonly rules: Rules
  readonly sharing: Sharing
  /** A name of the breaker, like no other's. */
  readonly process: string
  /** Monotonic seconds. */
  readonly now: () => number
  /** Whether `init()` was called. */
  readonly isInitialized: boolean
  /** Whether the storage answers at this moment. */
  readonly isUp: boolean
  readonly ask: AskStorage
  /** The circuit is not closed: it is to be read now and then, in case a message gets lost. */
  readonly watch: () => void
  /** The storage would be asked now, if it were up. */
  readonly miss: () => void
  /** Notices whether the process did not run for a while: before a result is believed. */
  readonly checkPulse: () => void
  /** The circuit was detached. */
  readonly leave: () => void
}

/** What each question about the circuit says. */
export function askerOf(circuit: string, { process, sharing, rules }: SharedCircuitOptions): Asker {
  return { circuit, process, reporter: sharing.reporter || process, terms: termsOf(rules, sharing) }
}

export function settingsOf({ threshold, ttl, probeTimeout }: Rules, sharing: Sharing): Settings {
  const { lease, permitDeadline, commandDeadline } = sharing
  return { threshold, ttl, probeTimeout, lease, permitDeadline, commandDeadline }
}

/** A permit is granted a little before the end of the ttl, as a request is let through. */
function termsOf(rules: Rules, sharing: Sharing): Terms {
  const { threshold, permits, probeTimeout, grace = 0 } = rules
  const ttl = Math.max(rules.ttl / 2, rules.ttl - grace)
  const lease = Math.min(sharing.lease, probeTimeout)
  return { opening: { threshold }, ttl, permits, lease, quorum: sharing.quorum }
}
