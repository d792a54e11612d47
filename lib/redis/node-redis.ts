/** Lines through the package redis, version 4.6 or newer. */
import { isIP } from 'node:net'
import { property } from '../internal/property.js'
import { ignore, kindOf, methodOf, ignoringErrors, type RedisClient } from './client.js'
import { evaluate } from './evaluate.js'
import { NO_ANSWER, UNREACHABLE_BY_TLS } from './failure-reasons.js'
import { NO_SCRIPT, type EvalCommand, type Line, type LineEvents, type MakeLine } from './line.js'
import { serversOf, type Send } from './scan.js'

const CONNECT_TIMEOUT_MS = 2000

class NodeRedisLine implements Line {
  readonly #client: unknown
  #isDestroyed = false
  /** The client is opening its socket. If the client were ended now, it would leave the socket behind. */
  #isConnecting = false

  /** @param client a client that is not connected yet, and has no reconnect strategy */
  constructor(client: unknown, events: LineEvents) {
    this.#client = client
    const on = methodOf(client, 'on')
    on?.('error', (error: unknown) => events.onError(error))
    on?.('connect', () => {
      this.#isConnecting = false
      // If the name has several addresses, the socket may have a new handle by now.
      this.#unref()
      if (this.#isDestroyed) {
        // Version 4 starts its handshake after this event. Without a socket, it leaves rejections behind.
        queueMicrotask(() => this.#end())
      } else events.onWait(NO_ANSWER)
    })
  }

  async connect(): Promise<void> {
    this.#isConnecting = true
    this.#unref()
    try {
      await methodOf(this.#client, 'connect')?.()
    } finally {
      this.#isConnecting = false
      this.#unref()
      if (this.#isDestroyed) this.#end()
    }
  }

  async greet(): Promise<unknown> {
    return methodOf(this.#client, 'evalSha')?.(NO_SCRIPT, { keys: [], arguments: [] })
  }

  async ping(): Promise<unknown> {
    return methodOf(this.#client, 'ping')?.()
  }

  evaluate(command: EvalCommand, script: string, key: string, args: string[]): Promise<unknown> {
    const client = this.#client as RedisClient
    return evaluate(client, command, script, { keys: [key], arguments: args })
  }

  async subscribe(channel: string, onMessage: (text: unknown) => void): Promise<unknown> {
    return methodOf(this.#client, 'subscribe')?.(channel, onMessage)
  }

  async unsubscribe(channel: string): Promise<unknown> {
    return methodOf(this.#client, 'unsubscribe')?.(channel)
  }

  servers(): Promise<Send[]> {
    return serversOf(this.#client as RedisClient)
  }

  destroy(): void {
    this.#isDestroyed = true
    if (!this.#isConnecting) this.#end()
  }

  #unref(): void {
    ignoringErrors(methodOf(this.#client, 'unref'))
  }

  #end(): void {
    ignoringErrors(methodOf(this.#client, 'destroy') ?? methodOf(this.#client, 'disconnect'))
  }
}

/** Uses RESP 2: each connection has a single purpose, and some servers and proxies speak nothing else. */
export function lineTo(url: string): MakeLine {
  return async (events) => {
    const { createClient } = await import('redis').catch((cause: unknown) => {
      throw new Error('RedisStorage with a url needs the package redis: npm install redis', { cause }) // prettier-ignore
    })
    const client = createClient({
      url,
      RESP: 2,
      // Both need permissions that the documented ACL user does not have.
      disableClientInfo: true,
      maintNotifications: 'disabled',
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: false,
        ...serverNameFor(url),
      },
    })
    if (url.startsWith('rediss:')) events.onWait(UNREACHABLE_BY_TLS)
    return new NodeRedisLine(client, events)
  }
}

/** Hosts that share an address are told apart by the server name in the TLS handshake. */
function serverNameFor(url: string): object {
  const { protocol, hostname } = new URL(url)
  return protocol === 'rediss:' && !isIP(hostname.replace(/^\[|\]$/g, '')) ? { servername: hostname } : {} // prettier-ignore
}

/** A line for messages: a duplicate of the caller's client, or of one of the clients that it consists of. */
export function lineLike(client: RedisClient): MakeLine {
  const kind = kindOf(client)
  const find = { pool: fromPool(client), cluster: () => fromCluster(client) }[kind as string]
  return async (events) => new NodeRedisLine(await (find ?? (() => duplicate(client)))(), events)
}

/** Duplicates the pool's first client each time, since a pool that hangs lends no client. */
function fromPool(pool: RedisClient): () => Promise<unknown> {
  let first: unknown
  return async () => {
    first ??= await methodOf(pool, 'execute')?.(duplicate)
    return duplicate(first)
  }
}

/** Each node delivers what is published on any other. Prefers a node that is known to answer. */
async function fromCluster(cluster: RedisClient): Promise<unknown> {
  const nodes = Array.from(property(cluster, 'masters') as Iterable<unknown>)
  const clients = nodes.map((node) => property(node, 'client'))
  const ready = pickRandom(clients.filter((client) => property(client, 'isReady') === true))
  if (ready) return duplicate(ready)
  if (nodes.length === 0) throw new Error('The cluster knows none of its nodes')
  return duplicate(await methodOf(cluster, 'nodeClient')?.(pickRandom(nodes)))
}

export function pickRandom<Item>(items: readonly Item[]): Item | undefined {
  return items[Math.floor(Math.random() * items.length)]
}

/**
 * Leaves out what the caller set up for its own commands, and timers of redis that would keep the process
 * alive.
 */
function duplicate(client: unknown): unknown {
  const socket = Object(property(property(client, 'options'), 'socket')) as object
  const made = methodOf(
    client,
    'duplicate',
  )?.({
    socket: { ...socket, reconnectStrategy: false, socketTimeout: undefined },
    pingInterval: undefined,
    clientSideCache: undefined,
    emitInvalidate: undefined,
    // If the server moves, redis connects anew by itself. If that fails, nobody handles the rejection.
    maintNotifications: 'disabled',
    disableOfflineQueue: false,
  })
  methodOf(made, 'on')?.('error', ignore)
  return made
}
