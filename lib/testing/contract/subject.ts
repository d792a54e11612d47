/** The input of the contract suite, and the cases that it consists of. */
import type { Connection, ConnectionListener } from '../../storage/contract.js'

/** The storage under test. */
export interface ContractSubject {
  /** Connects one more process. All connections share their circuits. */
  readonly connect: (listener: ConnectionListener) => Connection
  /**
   * Sets the storage's clock, in seconds. The suite also sets it back. Without this function, the suite
   * leaves out the cases that need it.
   */
  readonly setClock?: ((seconds: number) => void | Promise<void>) | undefined
  /**
   * Makes the storage lose all circuits, as in a restart without persistence. Without this function, the
   * suite leaves out the cases that need it.
   */
  readonly forget?: (() => void | Promise<void>) | undefined
  /** Whether connections share forced circuits, so that they have `forces`. Default: false. */
  readonly forces?: boolean | undefined
  /** Whether connections list the names of circuits, so that they have `circuits`. Default: false. */
  readonly circuits?: boolean | undefined
  /** Seconds within which a change by one process must reach the others. Default: 10. */
  readonly messageDeadline?: number | undefined
}

/** One test. It uses circuits of its own, closes its connections, and can run again. */
export interface ContractCase {
  readonly name: string
  /** Rejects with an Error that says what was expected. Do not run cases of one subject in parallel. */
  readonly run: () => Promise<void>
}
