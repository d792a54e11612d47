/** Each kind and version of client that a caller may pass: it sends, and it receives. */
import * as redis from 'redis'
import * as redis4 from 'redis-4'
import * as redis5 from 'redis-5'
import type { RedisClient } from '../../lib/redis/index.js'
import { startCluster, type Cluster } from '../../scripts/redis-cluster.mjs'
import { startSentinels, type Sentinels } from '../../scripts/redis-sentinels.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(60_000)

interface Client {
  readonly client: RedisClient
  connect(): Promise<unknown>
  end(): unknown
}

/** The spec also proves that this compiles for each kind and version. */
function managed(client: RedisClient & { connect(): Promise<unknown> }): Client {
  const end = (Reflect.get(client, 'destroy') ?? Reflect.get(client, 'disconnect')) as () => unknown
  return { client, connect: () => client.connect(), end: () => end.call(client) }
}

const { BLOB_STRING, SIMPLE_STRING, VERBATIM_STRING } = redis.RESP_TYPES
const BUFFERS = {
  [BLOB_STRING]: Buffer,
  [SIMPLE_STRING]: Buffer,
  [VERBATIM_STRING]: Buffer,
}

const double = redis.defineScript({
  SCRIPT: 'return 2 * tonumber(ARGV[1])',
  NUMBER_OF_KEYS: 0,
  FIRST_KEY_INDEX: undefined,
  parseCommand: (parser: redis.CommandParser, value: number) => parser.push(String(value)),
  transformReply: (reply: number) => reply,
})

const ping = {
  parseCommand: (parser: redis.CommandParser) => parser.push('PING'),
  transformReply: (reply: string) => reply,
}

let upstream: Upstream
let server: RedisServer
let cluster: Cluster
let sentinels: Sentinels
beforeAll(async () => {
  upstream = await Upstream.start()
  ;[server, cluster, sentinels] = await Promise.all([
    RedisServer.start(),
    startCluster(),
    startSentinels(),
  ])
})
afterAll(() => Promise.all([upstream, server, cluster, sentinels].map((started) => started.stop())))
afterEach(() => SharedBreaker.closeAll())

let serial = 0

const BOTH_WAYS = { sends: true, receives: true, losses: [] }

/** Makes one breaker on this client, and another that connects to the same Redis by URL. */
async function story(made: Client, other: Client | string, tries = 1): Promise<unknown> {
  serial += 1
  const prefix = `kind-${serial}`
  const names = ['users', 'orders'].flatMap((name) =>
    Array.from({ length: tries }, (_, index) => `${name}-${index}`),
  )
  await made.connect()
  if (typeof other !== 'string') await other.connect()
  const storage = typeof other === 'string' ? { url: other } : { client: other.client }
  try {
    const first = await SharedBreaker.join(upstream, { client: made.client, prefix }, { names })
    const second = await SharedBreaker.join(upstream, { ...storage, prefix }, { names })
    const sends = await follows(second, first, names.slice(0, tries))
    const receives = await follows(first, second, names.slice(tries))
    return { sends, receives, losses: [...first.losses, ...second.losses] }
  } finally {
    await SharedBreaker.closeAll()
    await made.end()
    if (typeof other !== 'string') await other.end()
  }
}

/** Whether the listener follows one of the circuits that the opener opens. */
async function follows(
  listener: SharedBreaker,
  opener: SharedBreaker,
  names: readonly string[],
): Promise<boolean> {
  for (const name of names) {
    await opener.fail(name)
    const followed = until('it is opened here too', () => listener.opened.includes(name), 4)
    if (
      await followed.then(
        () => true,
        () => false,
      )
    )
      return true
  }
  return false
}

describe('a server', () => {
  const kinds: Record<string, (url: string) => Client> = {
    'createClient of redis 6': (url) => managed(redis.createClient({ url })),
    'createClient of redis 6, RESP 2': (url) => managed(redis.createClient({ url, RESP: 2 })),
    'createClient of redis 6, RESP 3': (url) => managed(redis.createClient({ url, RESP: 3 })),
    'createClient of redis 6, with Buffers': (url) =>
      managed(redis.createClient({ url, commandOptions: { typeMapping: BUFFERS } })),
    'createClient of redis 6, with Buffers afterwards': (url) => {
      const client = redis.createClient({ url })
      return { ...managed(client), client: client.withTypeMapping(BUFFERS) }
    },
    'createClient of redis 6, with a script and a module': (url) =>
      managed(redis.createClient({ url, scripts: { double }, modules: { own: { ping } } })),
    'createClient of redis 6, with a cache': (url) =>
      managed(redis.createClient({ url, RESP: 3, clientSideCache: { ttl: 1000 } })),
    'createClient of redis 6, with a time limit and pings': (url) =>
      managed(redis.createClient({ url, socket: { socketTimeout: 5000 }, pingInterval: 1000 })),
    'createClient of redis 6, with a prefix for keys': (url) =>
      managed(redis.createClient({ url, keyPrefix: 'app:' })),
    'createClientPool of redis 6, with a prefix for keys': (url) =>
      managed(redis.createClientPool({ url, keyPrefix: 'app:' })),
    'createClient of redis 6, with a prefix for keys, and Buffers': (url) => {
      const client = redis.createClient({ url, keyPrefix: 'app:' })
      return { ...managed(client), client: client.withTypeMapping(BUFFERS) }
    },
    'createClient of redis 6, without a queue': (url) =>
      managed(redis.createClient({ url, disableOfflineQueue: true, database: 1 })),
    'createClientPool of redis 6': (url) => managed(redis.createClientPool({ url })),
    'createClientPool of redis 6, RESP 2, with Buffers': (url) =>
      managed(redis.createClientPool({ url, RESP: 2, commandOptions: { typeMapping: BUFFERS } })),
    'createClient of redis 5': (url) => managed(redis5.createClient({ url })),
    'createClient of redis 5, RESP 3': (url) => managed(redis5.createClient({ url, RESP: 3 })),
    'createClient of redis 5, with Buffers': (url) =>
      managed(redis5.createClient({ url, commandOptions: { typeMapping: { [redis5.RESP_TYPES.BLOB_STRING]: Buffer } } })), // prettier-ignore
    'createClientPool of redis 5': (url) => managed(redis5.createClientPool({ url })),
    'createClient of redis 4': (url) => managed(redis4.createClient({ url })),
  }
  it.each(Object.keys(kinds))('%s', async (kind) => {
    const url = kind.includes('without a queue') ? `${server.url}/1` : server.url
    expect(await story((kinds[kind] as (url: string) => Client)(server.url), url)).toEqual(
      BOTH_WAYS,
    )
  })
})

describe('a cluster', () => {
  const kinds: Record<string, () => Client> = {
    'of redis 6': () => managed(redis.createCluster(options())),
    'of redis 6, RESP 2': () => managed(redis.createCluster({ ...options(), RESP: 2 })),
    'of redis 6, with Buffers': () =>
      managed(redis.createCluster({ ...options(), commandOptions: { typeMapping: BUFFERS } })),
    'of redis 6, with a prefix for keys': () =>
      managed(redis.createCluster({ ...options(), keyPrefix: 'app:' })),
    'of redis 5': () => managed(redis5.createCluster(options())),
    'of redis 4': () => managed(redis4.createCluster(options())),
  }
  const options = () => ({ rootNodes: cluster.rootNodes })
  /** Busy members may lose a message between them. The circuit is corrected later. */
  const TRIES = 4
  it.each(Object.keys(kinds))('createCluster %s', async (kind) => {
    expect(
      await story((kinds[kind] as () => Client)(), managed(redis.createCluster(options())), TRIES),
    ).toEqual(BOTH_WAYS)
  })

  it.each(Object.keys(kinds))('createCluster %s, asks the node that has the key', async (kind) => {
    const made = (kinds[kind] as () => Client)()
    await made.connect()
    const names = Array.from({ length: 30 }, (_, index) => `users-${index}`)
    const before = await redirections()
    await SharedBreaker.join(
      upstream,
      { client: made.client, prefix: `routed-${kind}`.replaceAll(/\W/g, '') },
      { names },
    )
    await SharedBreaker.closeAll()
    await made.end()
    // A random node would redirect two of three commands.
    expect((await redirections()) - before).toBeLessThan(5)
  })

  async function redirections(): Promise<number> {
    const replies = await Promise.all(
      cluster.servers.map((member) => member.command('INFO', 'errorstats')),
    )
    const counts = replies.map(
      (text) => /errorstat_MOVED:count=(\d+)/.exec(String(text))?.[1] ?? '0',
    )
    return counts.reduce((sum, count) => sum + Number(count), 0)
  }
})

describe('a client that its owner closes and reconnects receives messages again', () => {
  const kinds: Record<string, () => Client> = {
    'createClient of redis 6': () => managed(redis.createClient({ url: server.url })),
    'createClient of redis 5': () => managed(redis5.createClient({ url: server.url })),
    'createClient of redis 4': () => managed(redis4.createClient({ url: server.url })),
    'createCluster of redis 6': () =>
      managed(redis.createCluster({ rootNodes: cluster.rootNodes })),
    'createCluster of redis 5': () =>
      managed(redis5.createCluster({ rootNodes: cluster.rootNodes })),
  }
  it.each(Object.keys(kinds))('%s', async (kind) => {
    const [made, other] = [0, 1].map(kinds[kind] as () => Client) as [Client, Client]
    const prefix = `anew-${kind}`.replaceAll(/\W/g, '')
    const names = ['users-0', 'users-1', 'users-2', 'users-3']
    await Promise.all([made.connect(), other.connect()])
    const listener = await SharedBreaker.join(upstream, { client: made.client, prefix }, { names })
    const opener = await SharedBreaker.join(upstream, { client: other.client, prefix }, { names })
    await made.end()
    await listener.fail('users-0')
    await until('it is missed', () => listener.breaker.storageUp === false)
    await made.connect()
    await until('it is there', () => listener.breaker.storageUp === true)
    expect(await follows(listener, opener, names.slice(1))).toBe(true)
    await SharedBreaker.closeAll()
    await Promise.all([made.end(), other.end()])
  })
})

describe('sentinels', () => {
  const options = () => ({
    name: sentinels.name,
    sentinelRootNodes: sentinels.ports.map((port) => ({ host: '127.0.0.1', port })),
  })
  const kinds: Record<string, () => Client> = {
    'of redis 6': () => managed(redis.createSentinel(options())),
    'of redis 6, with Buffers': () =>
      managed(redis.createSentinel({ ...options(), commandOptions: { typeMapping: BUFFERS } })),
    'of redis 6, with a prefix for keys': () =>
      managed(redis.createSentinel({ ...options(), keyPrefix: 'app:' })),
    'of redis 5': () => managed(redis5.createSentinel(options())),
  }
  it.each(Object.keys(kinds))('createSentinel %s', async (kind) => {
    const { url } = await sentinels.master()
    expect(await story((kinds[kind] as () => Client)(), url)).toEqual(BOTH_WAYS)
  })
})
