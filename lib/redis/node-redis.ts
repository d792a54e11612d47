/** Lines by the package redis, of any version from 4.6 on. */
import { isIP } from 'node:net'
import { property } from '../internal/property.js'
import {
  ignore,
  kindOf,
  methodOf,
  ignoringErrors,
  type EvalOptions,
  type RedisClient,
} from './client.js'
import { NO_ANSWER, UNREACHABLE_BY_TLS } from './failure-reasons.js'
import { NO_SCRIPT, type EvalCommand, type Line, type LineEvents, type MakeLine } from './line.js'

const CONNECT_TIMEOUT_MS = 2000

class NodeRedisLine implements Line {
  readonly #client: unknown
  #isDestroyed = false
  /** Its socket is under way: a client that is ended now would leave it behind. */
  #isConnecting = false

  /** @param client not connected yet, and without a strategy of its own to connect anew */
  constructor(client: unknown, events: LineEvents) {
    this.#client = client
    const on = methodOf(client, 'on')
    on?.('error', (error: unknown) => events.onError(error))
    on?.('connect', () => {
      this.#isConnecting = false
      // A name with several addresses has been given another handle.
      this.#unref()
      if (this.#isDestroyed) this.#end()
      else events.onWait(NO_ANSWER)
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

/**
 * A cluster of redis 4 sends a script to any of its nodes, and gives up following them to the right one
 * after eight: told the key beside the command, it finds it at once.
 */
export async function evaluate(
  client: RedisClient,
  command: EvalCommand,
  script: string,
  options: EvalOptions,
): Promise<unknown> {
  const isCluster4 = ['commandsExecutor', 'getSlotMaster'].every((name) => methodOf(client, name))
  const send = isCluster4 ? methodOf(client, 'sendCommand') : undefined
  if (!send) return methodOf(client, command)?.(script, options)
  const { keys, arguments: args } = options
  return send(keys[0], false, [command.toUpperCase(), script, String(keys.length), ...keys, ...args]) // prettier-ignore
}

/** RESP 2: each connection has one purpose, and some servers and proxies know no other. */
export function lineTo(url: string): MakeLine {
  return async (events) => {
    const { createClient } = await import('redis').catch((cause: unknown) => {
      throw new Error('RedisStorage with a url needs the package redis: npm install redis', { cause }) // prettier-ignore
    })
    const client = createClient({
      url,
      RESP: 2,
      // A user who may do little else is asked for neither.
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

/** A host behind a shared address is found by the name that TLS is given. */
function serverNameFor(url: string): object {
  const { protocol, hostname } = new URL(url)
  return protocol === 'rediss:' && !isIP(hostname.replace(/^\[|\]$/g, '')) ? { servername: hostname } : {} // prettier-ignore
}

/** For messages: a duplicate of the caller's client, or of one of those that it consists of. */
export function lineLike(client: RedisClient): MakeLine {
  const kind = kindOf(client)
  const find = { pool: fromPool(client), cluster: () => fromCluster(client) }[kind as string]
  return async (events) => new NodeRedisLine(await (find ?? (() => duplicate(client)))(), events)
}

/** A pool that hangs lends no client: the copy that it gave once is good for further ones. */
function fromPool(pool: RedisClient): () => Promise<unknown> {
  let first: unknown
  return async () => {
    first ??= await methodOf(pool, 'execute')?.(duplicate)
    return duplicate(first)
  }
}

/** Any node hears what is published at any other: one that is known to answer, if there is one. */
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

/** Without what the caller has set up for its own commands. Timers of the package would keep the process alive. */
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
    disableOfflineQueue: false,
  })
  methodOf(made, 'on')?.('error', ignore)
  return made
}
