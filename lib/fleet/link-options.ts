/** What the link calls. It knows no other part of the fleet. */
import type { Publisher } from '../circuit/events.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'

/** Sends a question to the storage, which is up. */
export type Send<Reply> = (to: Connection) => Promise<Reply>

/** What the link needs to know of a question. */
export interface Asked {
  readonly op: string
  readonly deadline: number
}

/** What the link reports about the storage. */
export interface LinkEvents extends Pick<ConnectionListener, 'pushed' | 'hinted'> {
  /** Somebody has seen this version of the list of forced circuits. */
  readonly forcesChanged: (version: number) => void
  /** The storage is lost: each circuit is on its own until it is read again. */
  readonly lost: () => void
  /** A loss was published: nothing seen until now counts as evidence for the fleet. */
  readonly distrusted: () => void
  /** Messages may have been missed: all circuits must be read again. */
  readonly missed: () => void
}

/** The circuits that must be read. Those that were read since the last loss are not read again. */
export interface LinkReadings {
  /** Begins to read what is due, unless that is under way. If the storage does not answer, it stays due. */
  catchUp(): void
  /** Reads one circuit. Rejects if the storage does not answer. @returns a function that adopts the answer */
  readFirst(deadline?: number): Promise<() => void>
  /** Reads the others, a batch at a time. Rejects as soon as the storage does not answer. */
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
