/** What a circuit needs of the fleet that it belongs to. */
import type { Rules } from '../circuit/types.js'
import { isCircuitError } from '../internal/errors.js'
import type { SharedCircuit } from './shared-circuit.js'
import type { Sharing } from './sharing.js'
import type { Answer, Command, Question, Snapshot, Terms } from '../storage/contract.js'

export interface Channel {
  readonly process: string
  readonly sharing: Sharing
  /** Monotonic seconds. */
  readonly now: () => number
  /** Whether `init()` was called. */
  readonly isInitialized: boolean
  readonly isUp: boolean
  ask(question: Question, late?: (answer: Answer) => void): Promise<Answer>
  newToken(): string
  /** Notices whether the process did not run for a while: before a result is believed. */
  checkPulse(): void
  /** The storage would be asked now, if it were up. */
  miss(): void
  /** A circuit is not closed: it is to be read now and then, in case a message gets lost. */
  watch(): void
  /** The circuit was detached. */
  leave(circuit: SharedCircuit): void
}

/** Asks for one circuit. @param deadline in seconds */
export type Ask = (
  command: Command,
  deadline: number,
  late?: (answer: Answer) => void,
) => Promise<Answer>

/** @param onUnusable the storage answers, but not about this circuit */
export function askFor(
  circuit: string,
  rules: Rules,
  channel: Channel,
  known: () => Snapshot,
  onUnusable: (error: unknown) => void,
): Ask {
  const { process, sharing } = channel
  const reporter = sharing.reporter || process
  const terms = termsOf(rules, sharing)
  return async (command, deadline, late) => {
    const question = { ...command, circuit, process, reporter, terms, deadline, known: known() }
    try {
      return await channel.ask(question, late)
    } catch (error) {
      if (isCircuitError(error)) onUnusable(error)
      throw error
    }
  }
}

/** A permit is granted a little before the end of the ttl, as a request is let through. */
function termsOf(rules: Rules, sharing: Sharing): Terms {
  const { threshold, permits, probeTimeout, grace = 0 } = rules
  const ttl = Math.max(rules.ttl / 2, rules.ttl - grace)
  const lease = Math.min(sharing.lease, probeTimeout)
  return { opening: { threshold }, ttl, permits, lease, quorum: sharing.quorum }
}
