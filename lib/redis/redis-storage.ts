/** Circuits shared through Redis. */
import { ConfigError } from '../internal/config-error.js'
import { sharingShape, type SharingOptions } from '../fleet/sharing.js'
import { defineStorage, type Connect, type SharedStorage } from '../fleet/storage.js'
import { field, parse, type Shape } from '../internal/validation.js'
import { isRedisClient, kindOf, type RedisClient } from './client.js'
import { RedisConnection } from './connection.js'
import type { Hub } from './hub.js'
import { hubOf, hubTo } from './parts.js'
import type { View } from './write-check.js'
import { urlProblem } from './url.js'

export interface RedisStorageOptions extends SharingOptions {
  /**
   * The URL of Redis: `redis://` or, for TLS, `rediss://`. Pass either this or `client`. It needs the package
   * `redis`. Encode special characters in the user and password with `encodeURIComponent`.
   */
  readonly url?: string | undefined
  /**
   * Your own client: from `createClient`, `createClientPool`, `createCluster` or `createSentinel` of the
   * package `redis`, which you connect, or a `Redis` or `Cluster` of `ioredis`. The storage never connects,
   * closes or unrefs it. It adds listeners, one for `error` among them, and removes them when the last breaker
   * that uses the client is closed. Messages arrive over a duplicate of your client. With ioredis, commands
   * use another duplicate. To circuits, `prefix` applies, and not the client's `keyPrefix`.
   */
  readonly client?: RedisClient | undefined
  /**
   * Starts the names of keys (`prefix/circuit`) and of the channel (`prefix/events`): letters, digits and
   * `:._-`. Default `axios-breaker`. Circuits with different prefixes do not share anything.
   */
  readonly prefix?: string | undefined
}

const DEFAULT_PREFIX = 'axios-breaker'
const EXPECTED_CLIENT =
  'a client from createClient, createCluster, createSentinel or createClientPool of the ' +
  'package redis, or a Redis or Cluster of ioredis'
/** Kinds of clients whose server may turn out to be a node of a cluster. */
const ONE_SERVER: ReadonlySet<string> = new Set(['client', 'pool', 'ioredis client'])

/** Breakers that are given the same `RedisStorage`, or the same client, share its connections. */
export class RedisStorage implements SharedStorage {
  readonly connect: Connect
  /** @internal */
  readonly join: SharedStorage['join']

  /** @throws ConfigError */
  constructor(options: RedisStorageOptions) {
    const parsed = parse(shape(), options, 'options of RedisStorage')
    const { url, client, prefix = DEFAULT_PREFIX, ...sharing } = parsed
    const hub = hubFor(url, client)
    const isOneServer = client === undefined || ONE_SERVER.has(kindOf(client))
    const connect = connectTo(hub, { prefix, isOneServer })
    this.connect = connect
    this.join = defineStorage({ options: sharing, connect }).join
  }
}

function connectTo(hub: Hub, view: View): Connect {
  return (listener) => {
    const connection = new RedisConnection(hub, view, listener)
    connection.open()
    return connection
  }
}

function shape() {
  return {
    ...sharingShape(),
    url: field<string>('a string', (value) => typeof value === 'string'),
    client: field<RedisClient>(EXPECTED_CLIENT, isRedisClient),
    prefix: field<string>('letters, digits and :._-', isPrefix),
  } satisfies Shape<RedisStorageOptions>
}

function hubFor(url: string | undefined, client: RedisClient | undefined): Hub {
  if (url !== undefined && client !== undefined) refuse('Expected either url or client, given both')
  if (client !== undefined) return hubOf(client)
  if (url === undefined) refuse('Expected url or client, given neither')
  const problem = urlProblem(url)
  if (problem !== undefined) refuse(`${problem}\n  → at url`)
  return hubTo(url)
}

function refuse(why: string): never {
  throw new ConfigError(`Invalid options of RedisStorage\n✖ ${why}`)
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^[\w:.-]+$/.test(value)
}
