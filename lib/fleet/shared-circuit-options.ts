/** The options of a shared circuit, and the settings derived from them. */
import type { Rules } from '../circuit/types.js'
import type { Terms } from '../storage/contract.js'
import type { Settings } from './flow/state.js'
import type { Asker, AskStorage } from './runner.js'
import type { Sharing } from './sharing.js'

export interface SharedCircuitOptions {
  readonly rules: Rules
  readonly sharing: Sharing
  /** The unique name of the breaker. */
  readonly process: string
  /** Monotonic seconds. */
  readonly now: () => number
  /** Whether `init()` was called. */
  readonly isInitialized: boolean
  /** Whether the storage answers at this moment. */
  readonly isUp: boolean
  readonly ask: AskStorage
  /** Called while the circuit is not closed, to have it read now and then, in case a message is lost. */
  readonly watch: () => void
  /** Called if the storage would be asked now but is down. */
  readonly miss: () => void
  /** Call this before you trust a result: it detects that the process did not run for a while. */
  readonly checkPulse: () => void
  /** Called after the circuit is detached. */
  readonly leave: () => void
}

/** The parts that all questions about the circuit share. */
export function askerOf(circuit: string, { process, sharing, rules }: SharedCircuitOptions): Asker {
  return { circuit, process, reporter: sharing.reporter || process, terms: termsOf(rules, sharing) }
}

export function settingsOf(rules: Rules, sharing: Sharing): Settings {
  const { threshold, sharedThreshold = threshold, failureRate, ...others } = rules
  const { ttl, growth, maxRetryAfter, probeTimeout } = others
  const { lease, permitDeadline, commandDeadline } = sharing
  return {
    threshold: sharedThreshold,
    ttl,
    growth,
    maxRetryAfter,
    rate: failureRate || undefined,
    lot: Math.random(),
    probeTimeout,
    lease,
    permitDeadline,
    commandDeadline,
  }
}

/** The storage grants a permit a little before the end of the ttl, as the local circuit does. */
function termsOf(rules: Rules, sharing: Sharing): Terms {
  const { threshold, sharedThreshold = threshold, failureRate, ...others } = rules
  const { ttl, growth, maxRetryAfter, permits, probes, grace, probeTimeout } = others
  return {
    opening: { threshold: sharedThreshold, failureRate },
    ttl,
    growth,
    maxRetryAfter,
    grace,
    permits,
    probes,
    lease: Math.min(sharing.lease, probeTimeout),
    quorum: sharing.quorum,
  }
}
