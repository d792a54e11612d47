/** Lines through ioredis: duplicates of the caller's `Redis` or `Cluster`, for commands and for messages. */
import { isIP } from 'node:net'
import { property } from '../internal/property.js'
import { ignore, methodOf, type IORedisClient } from './client.js'
import { IORedisLine } from './ioredis-line.js'
import type { MakeLine } from './line.js'
import { pickRandom } from './node-redis.js'
import type { Sentinels } from './sentinels.js'

/**
 * With these options a client connects once, queues nothing and repeats no command. They clear the caller's
 * `keyPrefix`: for clients of both packages, only the option `prefix` says where circuits are.
 */
export const OVERRIDES = {
  lazyConnect: true,
  keyPrefix: '',
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableAutoPipelining: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  maxRetriesPerRequest: null,
  retryStrategy: null,
  reconnectOnError: null,
  sentinelRetryStrategy: null,
  failoverDetector: false,
  commandTimeout: undefined,
  socketTimeout: undefined,
  monitor: false,
  readOnly: false,
}

export interface Lines {
  readonly commands: MakeLine
  readonly messages: MakeLine
}

/** @param sentinels that know where to connect to, if the client asks some */
export function linesLike(client: IORedisClient, sentinels?: Sentinels): Lines {
  return methodOf(client, 'nodes') ? linesToCluster(client) : linesToServer(client, sentinels)
}

function linesToServer(client: IORedisClient, sentinels?: Sentinels): Lines {
  const line: MakeLine = async (events) => new IORedisLine(duplicate(client, sentinels), events)
  return { commands: line, messages: line }
}

/** One connection is enough for messages: each node of a cluster delivers what is published on any other. */
function linesToCluster(client: IORedisClient): Lines {
  let ours: unknown
  return {
    commands: async (events) => new IORedisLine((ours = clusterOf(client)), events),
    messages: async (events) => {
      // The caller's cluster knows no nodes before it connects, which may be never.
      const known = [...nodesOf(client), ...nodesOf(ours)]
      const node =
        pickRandom(known.filter((each) => property(each, 'status') === 'ready')) ??
        pickRandom(known)
      if (!node) throw new Error('The cluster knows none of its nodes')
      // Messages are the same in all databases. Most clusters have only one, and refuse another.
      return new IORedisLine(methodOf(node, 'duplicate')?.({ ...OVERRIDES, db: 0 }), events)
    },
  }
}

function nodesOf(cluster: unknown): unknown[] {
  return (methodOf(cluster, 'nodes')?.('all') ?? []) as unknown[]
}

/** A duplicate of ioredis uses the database of the options. The owner may have selected another one since. */
function duplicate(client: IORedisClient, sentinels?: Sentinels): unknown {
  // While the client reconnects, only the previous condition knows what was selected.
  const condition = property(client, 'prevCondition') ?? property(client, 'condition')
  const db = property(condition, 'select')
  return client.duplicate({
    ...OVERRIDES,
    ...(typeof db === 'number' ? { db } : {}),
    ...sentinels?.options,
  })
}

/**
 * The startup nodes may be gone, so the duplicate also gets the nodes that the caller's cluster knows now. Of
 * two entries for one address, ioredis uses the last.
 */
function clusterOf(client: IORedisClient): unknown {
  const options = property(client, 'options')
  const redisOptions = { ...Object(property(options, 'redisOptions')), ...OVERRIDES }
  const startup = property(client, 'startupNodes') as unknown[]
  const known = knownNodes(client, redisOptions)
  const lookUp = methodOf(options, 'dnsLookup')
  const cluster = client.duplicate([...known, ...startup], {
    ...OVERRIDES,
    // A node that is still connecting keeps its commands. Without a queue, the cluster rejects them instead.
    enableOfflineQueue: true,
    scaleReads: 'master',
    shardedSubscribers: false,
    slotsRefreshInterval: undefined,
    clusterRetryStrategy: null,
    clusterNodeRetryStrategy: null,
    retryDelayOnFailover: 0,
    dnsLookup: known.length > 0 ? keepingNames(lookUp) : lookUp,
    redisOptions,
  })
  methodOf(cluster, 'on')?.('error', ignore)
  return cluster
}

/** Each with its login and TLS, which perhaps only its startup node has. */
function knownNodes(client: IORedisClient, redisOptions: object): object[] {
  const bySRV = property(property(client, 'options'), 'useSRVRecords') === true
  const known = nodesOf(client).map((node) => {
    const { host, port, username, password, tls } = Object(property(node, 'options')) as Record<string, unknown> // prettier-ignore
    return { username, password, tls, ...redisOptions, host, port }
  })
  // ioredis would look for the SRV records of a node's name, which has none.
  return bySRV ? known.filter(({ host }) => isIP(String(host))) : known
}

/** Lets a node whose name is unknown fail by itself. Otherwise ioredis would not even try the others. */
function keepingNames(lookUp: ReturnType<typeof methodOf>) {
  return (host: string, done: (...answer: unknown[]) => void) =>
    lookUp?.(host, (error: unknown, ...found: unknown[]) =>
      error ? done(null, host) : done(null, ...found),
    )
}
