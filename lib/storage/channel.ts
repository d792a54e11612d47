/** What a circuit needs of the fleet that it belongs to. */
import type { Sharing } from './sharing.js'
import type { Answer, Command, Question, Snapshot, Terms } from './storage.js'

export interface Channel {
  readonly process: string
  readonly sharing: Sharing
  /** Monotonic seconds. */
  readonly now: () => number
  /** Whether `init()` was called. */
  readonly isInitialized: boolean
  readonly isUp: boolean
  ask(question: Question, deadline: number, late?: (answer: Answer) => void): Promise<Answer>
  newToken(): string
  /** A circuit is not closed: it is to be read now and then, in case a message gets lost. */
  watch(): void
  /** The circuit was detached. */
  leave(name: string): void
}

/** Asks for one circuit. @param deadline in seconds */
export type Ask = (
  command: Command,
  deadline: number,
  late?: (answer: Answer) => void,
) => Promise<Answer>

export function askFor(
  circuit: string,
  terms: Terms,
  channel: Channel,
  known: () => Snapshot,
): Ask {
  const { process } = channel
  return (command, deadline, late) =>
    channel.ask({ ...command, circuit, process, terms, known: known() }, deadline, late)
}
