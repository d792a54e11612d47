/** Makes the connection to the storage, and remembers what it complained of. */
import { messageOf } from '../internal/errors.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'

export class Connector {
  readonly #connect: () => Connection
  #connection: Connection | undefined
  /** What the connection last complained of while it was being made. */
  #trouble = ''

  constructor(connect: (listener: ConnectionListener) => Connection, listener: ConnectionListener) {
    this.#connect = () => connect(listener)
  }

  /** Undefined before it is opened, and once it is closed. */
  get connection(): Connection | undefined {
    return this.#connection
  }

  get isUp(): boolean {
    return this.#connection?.isUp ?? false
  }

  /** Settles when the storage can be asked; rejects as soon as that is refused. */
  async open(): Promise<void> {
    this.#trouble = ''
    // What was refused at the last call may be allowed by now, and is to be tried at once.
    if (this.#connection && !this.#connection.isUp) {
      await this.#connection.close()
      this.#connection = undefined
    }
    const connection = (this.#connection ??= this.#connect())
    if (!connection.isUp) await connection.ready
  }

  /** @throws Error if it is not worth while to ask */
  use(): Connection {
    if (this.#connection?.isUp) return this.#connection
    throw new Error(this.#trouble || 'The storage is not connected')
  }

  note(trouble: string): void {
    this.#trouble = trouble
  }

  /** Why it could not be opened, with what is known beyond the error. */
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
