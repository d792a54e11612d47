/** Sends commands: over our own connection, or through the caller's client. */
import { isReady, type NodeRedisClient } from './client.js'
import { evaluate } from './evaluate.js'
import { explain, isDemoted, adviseOwner } from './failure-reasons.js'
import type { EvalCommand, Evaluator, MakeLine } from './line.js'
import { OwnConnection } from './own-connection.js'
import { PendingCommands } from './pending-commands.js'
import { scan, serversOf, type Send } from './scan.js'

const SILENT = 'Redis does not answer on this connection: replacing it'

export interface CommandEvents {
  /** From now on, Redis answers commands. */
  up(): void
  /** Redis does not answer commands, or not yet. @param error the reason */
  down(error: unknown): void
}

export interface Commands extends Evaluator {
  readonly isUp: boolean
  open(): void
  close(): void
  /** Finds keys by a pattern of Redis, on all servers that hold some. */
  scan(pattern: string): Promise<string[]>
}

export class OwnCommands implements Commands {
  readonly #own: OwnConnection
  readonly #pending = new PendingCommands(() => this.replace(new Error(SILENT)))

  constructor(make: MakeLine, events: CommandEvents) {
    this.#own = new OwnConnection(make, {
      onReady: () => events.up(),
      onTrouble: (error) => events.down(error),
      onLost: (error) => {
        this.#pending.rejectAll(error)
        events.down(error)
      },
    })
  }

  get isUp(): boolean {
    return this.#own.line !== undefined
  }

  open(): void {
    this.#own.open()
  }

  close(): void {
    this.#own.close()
    this.#pending.rejectAll(new Error('The connection to Redis was closed'))
  }

  /** Connects anew. @param reason that the events show */
  replace(reason: Error): void {
    this.#own.replace(reason)
  }

  async evaluate(
    command: EvalCommand,
    script: string,
    key: string,
    args: string[],
  ): Promise<unknown> {
    const { line } = this.#own
    if (!line) throw new Error('Redis is not connected')
    try {
      return await this.#pending.add(line.evaluate(command, script, key, args))
    } catch (error) {
      if (isDemoted(error) && line === this.#own.line) this.#own.replace(error)
      throw explain(error)
    }
  }

  async scan(pattern: string): Promise<string[]> {
    const { line } = this.#own
    if (!line) throw new Error('Redis is not connected')
    try {
      // Each call is pending by itself: to find all keys may take long.
      const track = (send: Send): Send => (command) => this.#pending.add(send(command)) // prettier-ignore
      return await scan((await line.servers()).map(track), pattern)
    } catch (error) {
      throw explain(error)
    }
  }
}

/** Commands through the caller's client. The caller connects it, and reconnects it. */
export class BorrowedCommands implements Commands {
  readonly #client: NodeRedisClient

  constructor(client: NodeRedisClient) {
    this.#client = client
  }

  get isUp(): boolean {
    return isReady(this.#client)
  }

  open(): void {
    // The caller does.
  }

  close(): void {
    // The caller does.
  }

  async evaluate(
    command: EvalCommand,
    script: string,
    key: string,
    args: string[],
  ): Promise<unknown> {
    try {
      return await evaluate(this.#client, command, script, { keys: [key], arguments: args })
    } catch (error) {
      throw adviseOwner(explain(error))
    }
  }

  async scan(pattern: string): Promise<string[]> {
    try {
      return await scan(await serversOf(this.#client), pattern)
    } catch (error) {
      throw explain(error)
    }
  }
}
