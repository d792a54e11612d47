/** Opens the connection to the storage, and remembers the last error that it reported. */
import { messageOf } from '../internal/errors.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'

export class Connector {
  readonly #connect: () => Connection
  #connection: Connection | undefined
  /** The last error that the connection reported; empty after each `open()`. */
  #trouble = ''

  constructor(connect: (listener: ConnectionListener) => Connection, listener: ConnectionListener) {
    this.#connect = () => connect(listener)
  }

  /** Undefined before `open()` and after `close()`. */
  get connection(): Connection | undefined {
    return this.#connection
  }

  get isUp(): boolean {
    return this.#connection?.isUp ?? false
  }

  /** Settles as soon as the storage can be asked; rejects as soon as the storage refuses the connection. */
  async open(): Promise<void> {
    this.#trouble = ''
    // The storage may allow by now what it refused at the last call, so try again at once.
    const before = this.#connection
    if (before && !before.isUp) {
      await before.close()
      // Closed in the meantime: nobody would close another connection.
      if (!this.#connection) return
      if (this.#connection === before) this.#connection = undefined
    }
    const connection = (this.#connection ??= this.#connect())
    if (!connection.isUp) await connection.ready
  }

  /** @throws Error if the storage is known to be down */
  use(): Connection {
    if (this.#connection?.isUp) return this.#connection
    throw new Error(this.#trouble || 'The storage is not connected')
  }

  note(trouble: string): void {
    this.#trouble = trouble
  }

  /** Why `open()` failed: the error, and the trouble if the error does not say it already. */
  reasonOf(error: unknown): string {
    const what = messageOf(error)
    const isNews = this.#trouble !== '' && !what.includes(this.#trouble)
    return isNews ? `${what} (${this.#trouble})` : what
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }
}
