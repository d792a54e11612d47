/** A line through ioredis. */
import { property } from '../internal/property.js'
import { ignoringErrors, methodOf } from './client.js'
import { NO_ANSWER } from './failure-reasons.js'
import { NO_SCRIPT, type EvalCommand, type Line, type LineEvents } from './line.js'
import { serversOfIORedis, type Send } from './scan.js'

export class IORedisLine implements Line {
  readonly #client: unknown
  readonly #channels = new Map<string, (text: unknown) => void>()
  #error: unknown

  /** @param client a client that is not connected yet */
  constructor(client: unknown, events: LineEvents) {
    this.#client = client
    const on = methodOf(client, 'on')
    on?.('error', (error: unknown) => {
      this.#error = error
      events.onError(error)
    })
    on?.('connect', () => {
      unref(client)
      events.onWait(NO_ANSWER)
    })
    on?.('end', () => events.onError(this.#error ?? new Error('Connection is closed')))
    on?.('message', (channel: unknown, text: unknown) =>
      this.#channels.get(String(channel))?.(text),
    )
    // The connections of a cluster.
    on?.('+node', keepUnrefd)
  }

  async connect(): Promise<unknown> {
    const connecting = methodOf(this.#client, 'connect')?.()
    // The client creates its stream in the next tick.
    setImmediate(() => unref(this.#client)).unref()
    await connecting
    const db = property(property(this.#client, 'condition'), 'select')
    // If ioredis may not select its database, it only emits an error, and goes on with database 0.
    return db ? methodOf(this.#client, 'select')?.(db) : undefined
  }

  async greet(): Promise<unknown> {
    return methodOf(this.#client, 'evalsha')?.(NO_SCRIPT, 0)
  }

  async ping(): Promise<unknown> {
    return methodOf(this.#client, 'ping')?.()
  }

  async evaluate(
    command: EvalCommand,
    script: string,
    key: string,
    args: string[],
  ): Promise<unknown> {
    return methodOf(this.#client, command.toLowerCase())?.(script, 1, key, ...args)
  }

  async subscribe(channel: string, onMessage: (text: unknown) => void): Promise<unknown> {
    this.#channels.set(channel, onMessage)
    return methodOf(this.#client, 'subscribe')?.(channel)
  }

  async unsubscribe(channel: string): Promise<unknown> {
    this.#channels.delete(channel)
    return methodOf(this.#client, 'unsubscribe')?.(channel)
  }

  async servers(): Promise<Send[]> {
    return serversOfIORedis(this.#client)
  }

  destroy(): void {
    ignoringErrors(methodOf(this.#client, 'disconnect'))
    // Otherwise the stream waits for the other side, and keeps the process alive until then.
    ignoringErrors(methodOf(property(this.#client, 'stream'), 'destroy'))
  }
}

function unref(client: unknown): void {
  ignoringErrors(methodOf(property(client, 'stream'), 'unref'))
}

function keepUnrefd(node: unknown): void {
  unref(node)
  for (const event of ['connecting', 'connect', 'ready']) {
    methodOf(node, 'on')?.(event, () => {
      unref(node)
      setImmediate(() => unref(node)).unref()
    })
  }
}
