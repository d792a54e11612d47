/** What the link is given: what to call, and what to say. It knows nobody else. */
import type { Publisher } from '../circuit/types.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'

/** What becomes known of the storage. */
export interface LinkEvents extends Pick<ConnectionListener, 'pushed' | 'hinted'> {
  /** From here on each circuit is on its own, until it is read. */
  readonly lost: () => void
  /** A loss was published: nothing that was seen until now is evidence for the fleet. */
  readonly distrusted: () => void
  /** All circuits have to be read again: messages may have been missed. */
  readonly missed: () => void
}

/** The circuits that have to be read. One that was read since the last loss is not read again. */
export interface LinkReadings {
  readonly isDue: boolean
  /** Asks for one circuit. Rejects if the storage does not answer. @returns what takes the answer over */
  readFirst(deadline?: number): Promise<() => void>
  /** Asks for the others, a batch at a time. Rejects as soon as the storage does not answer. */
  readRest(deadline?: number): Promise<void>
}

export interface LinkOptions {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
  readonly connect: (listener: ConnectionListener) => Connection
  readonly on: LinkEvents
  readonly readings: LinkReadings
}
