/** What the suite of the contract is given, and what it is made of. */
import type { Connection, ConnectionListener } from '../../storage/contract.js'

/** A storage to be tested. */
export interface ContractSubject {
  /** Connects one more process. All connections share their circuits. */
  readonly connect: (listener: ConnectionListener) => Connection
  /**
   * Sets the storage's clock, in seconds. The suite sets it back, too. Without this function, the cases
   * that need it are left out.
   */
  readonly setClock?: ((seconds: number) => void | Promise<void>) | undefined
  /**
   * Makes the storage lose all circuits, as after a restart without its data. Without this function, the
   * cases that need it are left out.
   */
  readonly forget?: (() => void | Promise<void>) | undefined
  /** Seconds within which one process's change reaches the others. Default 10. */
  readonly messageDeadline?: number | undefined
}

/** One test. It has circuits of its own, closes its connections, and may run again. */
export interface ContractCase {
  readonly name: string
  /** Rejects with an Error that says what was expected. Cases of one subject run one after another. */
  readonly run: () => Promise<void>
}
