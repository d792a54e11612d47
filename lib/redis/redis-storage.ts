/** Circuits shared through Redis. */
import { ConfigError } from '../errors.js'
import { sharingShape, type SharingOptions } from '../storage/sharing.js'
import { Storage, type Connection, type ConnectionListener } from '../storage/storage.js'
import { field, parse, type Shape } from '../validation.js'
import { destroy, isOpen, isReady, isRedisClient, type RedisClient } from './client.js'
import { RedisConnection, type Source } from './connection.js'
import { reconnectStrategy } from './subscription.js'

export interface RedisStorageOptions extends SharingOptions {
  /** Where Redis is: `redis://` or, for TLS, `rediss://`. Needs the package `redis`. This or `client`. */
  readonly url?: string | undefined
  /**
   * A client of your own, connected by you: from `createClient`, `createClientPool`, `createCluster` or
   * `createSentinel`. It is never connected, closed or unref'd here, but given an `error` listener.
   */
  readonly client?: RedisClient | undefined
  /**
   * Before the names of keys (`prefix/circuit`) and of the channel (`prefix/events`): letters, digits and
   * `:._-`. Default `axios-breaker`. Circuits with different prefixes see nothing of each other.
   */
  readonly prefix?: string | undefined
}

const DEFAULT_PREFIX = 'axios-breaker'
const CONNECT_TIMEOUT_MS = 2000

export class RedisStorage extends Storage {
  readonly #options: RedisStorageOptions

  /** @throws ConfigError */
  constructor(options: RedisStorageOptions) {
    const { url, client, prefix, ...sharing } = parse(shape(), options, 'options of RedisStorage')
    checkSource(url, client)
    super(sharing)
    this.#options = { url, client, prefix }
  }

  connect(listener: ConnectionListener): Connection {
    const { url, client, prefix = DEFAULT_PREFIX } = this.#options
    const source = client ? Promise.resolve(borrow(client)) : create(String(url))
    return new RedisConnection(source, prefix, listener)
  }
}

function shape() {
  return {
    ...sharingShape(),
    url: field<string>('Expected a string', (value) => typeof value === 'string'),
    client: field<RedisClient>('Expected a client of the package redis', isRedisClient),
    prefix: field<string>('Expected letters, digits and :._-', isPrefix),
  } satisfies Shape<RedisStorageOptions>
}

/** A URL may hold a password: it is not shown. */
function checkSource(url: string | undefined, client: RedisClient | undefined): void {
  if (url !== undefined && client !== undefined) refuse('Expected either url or client, given both')
  if (url === undefined && client === undefined) refuse('Expected url or client, given neither')
  if (url === undefined || isRedisUrl(url)) return
  refuse('Expected a redis:// or rediss:// URL, given another text\n  → at url')
}

/** Its path is the number of a database. */
function isRedisUrl(text: string): boolean {
  try {
    const { username, password, pathname } = new URL(text)
    decodeURIComponent(username + password)
    return /^rediss?:\/\//.test(text) && /^(?:\/\d*)?$/.test(pathname)
  } catch {
    return false
  }
}

function refuse(why: string): never {
  throw new ConfigError(`Invalid options of RedisStorage\n✖ ${why}`)
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^[\w:.-]+$/.test(value)
}

/** Its owner connects it, and may have begun to. */
function borrow(client: RedisClient): Source {
  const connect = async (): Promise<void> => {
    if (isReady(client)) return
    if (!isOpen(client)) throw new Error('The client is not connected: call its connect() first')
    await new Promise<void>((resolve) => {
      const onReady = (): void => {
        client.off('ready', onReady)
        resolve()
      }
      client.on('ready', onReady)
    })
  }
  return { client, connect, close: () => undefined }
}

async function create(url: string): Promise<Source> {
  const { createClient } = await import('redis').catch((cause: unknown) => {
    throw new Error('RedisStorage with a url needs the package redis: npm install redis', { cause })
  })
  const client = createClient({
    url,
    disableOfflineQueue: true,
    // A user who may do little else is asked for neither.
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy },
  })
  client.unref()
  return { client, connect: () => client.connect(), close: () => destroy(client) }
}
