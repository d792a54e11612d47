/** What the link needs of its breaker. */
import type { Publisher } from '../circuit/types.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'

export interface LinkOptions {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
  readonly connect: (listener: ConnectionListener) => Connection
  readonly heard: Pick<ConnectionListener, 'pushed' | 'hinted'>
  readonly circuits: Readers
}

/** What the link asks of the circuits. A circuit that was read since the last loss is not read again. */
export interface Readers {
  /** From here on nothing that was seen is evidence for the fleet. */
  lost(): void
  /** All have to be read again: messages may have been missed. */
  missed(): void
  /** Asks for one circuit. Rejects if the storage does not answer. @returns what takes the answer over */
  readFirst(deadline?: number): Promise<() => void>
  /** Asks for the others, a batch at a time. Rejects as soon as the storage does not answer. */
  readRest(deadline?: number): Promise<void>
}
