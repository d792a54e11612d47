/** Clients of ioredis keep the same promises as those of the package redis. */
import { Cluster, Redis, type ClusterNode } from 'ioredis'
import { createCluster } from 'redis'
import { startCluster, type Cluster as ClusterServers } from '../../scripts/redis-cluster.mjs'
import { startSentinels, type Sentinels } from '../../scripts/redis-sentinels.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { Child } from '../support/child.js'
import { portsOf } from '../support/connections.js'
import { withoutDemotion } from '../support/demotion.js'
import { errorOf } from '../support/plugin-harness.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(60_000)

const NAMES = ['users', 'orders', 'payments']

let upstream: Upstream
let server: RedisServer
let cluster: ClusterServers
let sentinels: Sentinels
const clients: (Redis | Cluster)[] = []
beforeAll(async () => {
  upstream = await Upstream.start()
  ;[server, cluster, sentinels] = await Promise.all([
    RedisServer.start({ config: ['requirepass hunter2'] }),
    startCluster(),
    startSentinels(),
  ])
})
afterAll(() => Promise.all([upstream, server, cluster, sentinels].map((started) => started.stop())))
afterEach(async () => {
  await SharedBreaker.closeAll()
  for (const client of clients.splice(0)) client.disconnect()
})

const url = () => server.url.replace('//', '//:hunter2@')
const command = (...args: string[]) => kept(new Redis(url())).call(args[0] as string, ...args.slice(1)) // prettier-ignore

function kept<Client extends Redis | Cluster>(client: Client): Client {
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

const nodes = () =>
  cluster.rootNodes.map((node) => ({ host: '127.0.0.1', port: Number(new URL(node.url).port) }))

const bySentinels = () => ({
  name: sentinels.name,
  sentinels: sentinels.ports.map((port) => ({ host: '127.0.0.1', port })),
})

async function follow(listener: SharedBreaker, opener: SharedBreaker, name: string): Promise<void> {
  await opener.fail(name)
  await listener.becomes('opened', name)
}

const kinds: Record<string, () => [Redis | Cluster, { url: string } | 'cluster' | 'sentinels']> = {
  'a Redis': () => [new Redis(url()), { url: url() }],
  'a Redis that connects later': () => [new Redis(url(), { lazyConnect: true }), { url: url() }],
  'a Redis with a prefix for keys': () => [new Redis(url(), { keyPrefix: 'app:' }), { url: url() }],
  'a Redis of another database': () => [new Redis(url(), { db: 3 }), { url: `${url()}/3` }],
  'a Redis with a queue, pipelines and a time limit': () => [
    new Redis(url(), { enableAutoPipelining: true, commandTimeout: 1000, maxRetriesPerRequest: 1 }),
    { url: url() },
  ],
  'a Redis by sentinels': () => [new Redis(bySentinels()), 'sentinels'],
  'a Cluster': () => [new Cluster(nodes()), 'cluster'],
  'a Cluster of a database that it does not have': () => [
    new Cluster(nodes(), { redisOptions: { db: 3 } }),
    'cluster',
  ],
  'a Cluster that connects later': () => [new Cluster(nodes(), { lazyConnect: true }), 'cluster'],
}

it.each(Object.keys(kinds))('%s shares with the package redis', async (kind) => {
  const [client, where] = (kinds[kind] as (typeof kinds)[string])()
  kept(client)
  const prefix = kind.replaceAll(/\W/g, '')
  const other = createCluster({ rootNodes: cluster.rootNodes })
  if (where === 'cluster') await other.connect()
  const storage =
    where === 'cluster'
      ? { client: other }
      : where === 'sentinels'
        ? { url: (await sentinels.master()).url }
        : where
  const first = await SharedBreaker.join(upstream, { client, prefix }, { names: NAMES })
  const second = await SharedBreaker.join(upstream, { ...storage, prefix }, { names: NAMES })
  await follow(second, first, 'users')
  await follow(first, second, 'orders')
  expect([...first.losses, ...second.losses]).toEqual([])
  await SharedBreaker.closeAll()
  if (where === 'cluster') other.destroy()
})

it('joins with many circuits at once, although a Cluster connects to each node only when it needs it', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `users-${index}`)
  for (let round = 0; round < 10; round += 1) {
    const client = kept(new Cluster(nodes()))
    const peer = await SharedBreaker.join(upstream, { client, prefix: `many-${round}` }, { names })
    expect(peer.losses).toEqual([])
  }
})

/** A cluster of one node, which knows no other way to be reached than this. */
async function startNode({ tls }: { tls: boolean }): Promise<RedisServer> {
  const config = ['cluster-enabled yes', 'cluster-announce-ip 127.0.0.1', 'requirepass hunter2']
  const node = await RedisServer.start({
    config: [...config, ...(tls ? ['tls-cluster yes'] : [])],
    tls,
  })
  const client = kept(new Redis(nodeOptions(node)))
  await client.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot))
  const isWhole = async () => (await client.cluster('INFO')).includes('cluster_state:ok')
  await until('the cluster is whole', isWhole)
  return node
}

const nodeOptions = ({ port, ca }: RedisServer) => ({
  host: '127.0.0.1',
  port,
  password: 'hunter2',
  ...(ca !== undefined && { tls: { ca } }),
})

it.each<[string, (node: RedisServer) => ClusterNode]>([
  ['the url of a node has', (node) => node.url.replace('//', '//:hunter2@')],
  ['the options of a node have', nodeOptions],
  ['the options of a node by TLS have', nodeOptions],
])('a Cluster logs in with the password that only %s', async (kind, startup) => {
  const node = await startNode({ tls: kind.includes('TLS') })
  const join = async (): Promise<SharedBreaker> => {
    const client = kept(new Cluster([startup(node)]))
    // Before that, it knows only its startup nodes.
    await client.set('key', 'value')
    return SharedBreaker.join(upstream, { client }, { names: NAMES })
  }
  const [first, second] = await Promise.all([join(), join()])
  await follow(second, first, 'users')
  await follow(first, second, 'orders')
  expect([...first.losses, ...second.losses]).toEqual([])
  await SharedBreaker.closeAll()
  await node.stop()
})

describe('a Cluster of which DNS forgets', () => {
  type Found = (error: Error | null, address: string, family?: number) => void
  /** Knows no name once it has forgotten them. */
  class Names {
    isEmpty = false
    readonly lookUp = (host: string, found: Found): void => {
      if (this.isEmpty) found(new Error(`getaddrinfo ENOTFOUND ${host}`), '')
      else found(null, '127.0.0.1')
    }
  }

  it.each([
    ['one name', () => nodes().map((node, index) => (index === 0 ? named(node) : node))],
    ['all names', () => nodes().map(named)],
  ])('%s works as before', async (_, startup) => {
    const names = new Names()
    const client = kept(new Cluster(startup(), { dnsLookup: names.lookUp }))
    await client.set('key', 'value')
    names.isEmpty = true
    const first = await SharedBreaker.join(upstream, { client, prefix: 'dns' }, { names: NAMES })
    const second = await SharedBreaker.join(
      upstream,
      { client: kept(new Cluster(nodes())), prefix: 'dns' },
      { names: NAMES },
    )
    await follow(second, first, 'users')
    await follow(first, second, 'orders')
    expect(first.losses).toEqual([])
  })

  it('all names before it connects is not reached, and init() says why', async () => {
    const names = new Names()
    names.isEmpty = true
    const client = kept(new Cluster(nodes().map(named), { dnsLookup: names.lookUp }))
    const { breaker } = new SharedBreaker(upstream, { client, initDeadline: 1 })
    // The connection for messages may be the last to fail.
    expect(String(await errorOf(breaker.init()))).toMatch(/ENOTFOUND|none of its nodes/)
  })

  const named = ({ port }: { port: number }) => ({ host: 'redis.example', port })
})

it('finds a Cluster by SRV records, although its nodes have names without such records', async () => {
  const port = nodes()[0]?.port as number
  const client = kept(
    new Cluster([{ host: '_redis.example' }], {
      useSRVRecords: true,
      resolveSrv: (name, found) => {
        if (name === '_redis.example')
          found(null, [{ priority: 1, weight: 1, port, name: 'localhost' }])
        else found(new Error(`querySrv ENOTFOUND ${name}`), [])
      },
      dnsLookup: (_name, found) => found(null, '127.0.0.1'),
      natMap: Object.fromEntries(
        nodes().map((node) => [`127.0.0.1:${node.port}`, { ...node, host: 'localhost' }]),
      ),
    }),
  )
  await client.set('key', 'value')
  const peer = await SharedBreaker.join(upstream, { client, prefix: 'srv' })
  expect(peer.losses).toEqual([])
})

it('uses the database that its owner has selected, even while that reconnects', async () => {
  await command('FLUSHALL')
  const [selecting, other] = [kept(new Redis(url())), kept(new Redis(url(), { db: 5 }))]
  await selecting.select(5)
  const first = await SharedBreaker.join(upstream, { client: selecting }, { names: NAMES })
  const second = await SharedBreaker.join(upstream, { client: other }, { names: NAMES })
  await follow(second, first, 'users')
  await command('CLIENT', 'KILL', 'TYPE', 'normal')
  // What it sees while it is cut off counts only locally.
  await until('it shares again', async () => {
    await first.fail('orders')
    return second.opened.includes('orders')
  })
  expect(await kept(new Redis(url())).keys('axios-breaker/*')).toEqual([])
  // ioredis selects its database again, and nobody handles the error if it is disconnected meanwhile.
  await selecting.ping()
})

it('follows its sentinels to another master', async () => {
  const [client, another] = [1, 2].map(() => kept(new Redis(bySentinels())))
  const rules = { names: NAMES }
  const first = await SharedBreaker.join(
    upstream,
    { client: client as Redis, prefix: 'moved' },
    rules,
  )
  const second = await SharedBreaker.join(
    upstream,
    { client: another as Redis, prefix: 'moved' },
    rules,
  )
  await sentinels.failover()
  const isBack = async (): Promise<boolean> => {
    await first.get('/status/200')
    const { url: master } = await sentinels.master()
    return first.breaker.storageUp === true && master !== ''
  }
  await until('both are up', isBack, 20)
  await first.fail('users')
  await until('both are up', () => [first, second].every(({ breaker }) => breaker.storageUp), 20)
  await follow(second, first, 'orders')
})

/** How many connections listen to sentinels. */
async function watches(): Promise<number> {
  const answering = sentinels.sentinels.filter(({ isAnswering }) => isAnswering)
  return (await Promise.all(answering.map((sentinel) => portsOf(sentinel, true)))).flat().length
}

it('listens to one sentinel, and to another one if that dies, until close()', async () => {
  await sentinels.settled()
  const client = kept(new Redis(bySentinels()))
  const peer = await SharedBreaker.join(upstream, { client, prefix: 'watch' }, { names: NAMES })
  await until('it listens', async () => (await watches()) === 1)
  const [first] = sentinels.sentinels as [RedisServer]
  await first.kill()
  await until('it listens to another one', async () => (await watches()) === 1)
  expect(peer.breaker.storageUp).toBe(true)
  await withoutDemotion(await sentinels.master(), async () => {
    const { url: master } = await sentinels.failover()
    const other = await SharedBreaker.join(upstream, { url: master, prefix: 'watch' }, { names: NAMES }) // prettier-ignore
    await until('it shares through the new master', async () => {
      await peer.fail('users')
      return other.opened.includes('users')
    })
    await follow(peer, other, 'orders')
  })
  await first.restart()
  await SharedBreaker.closeAll()
  await until('no connection is left', async () => (await watches()) === 0)
})

const LINGERING = `
  const { Redis } = await import('ioredis')
  const client = new Redis({ ...settings, lazyConnect: true })
  const breaker = new CircuitBreaker({ storage: new RedisStorage({ client }) })
  breaker.attach(axios.create(), 'users')
  await breaker.init()
  console.log('connected')
  process.disconnect()`

it('keeps no process alive, although one of its sentinels is frozen', async () => {
  const [first] = sentinels.sentinels as [RedisServer]
  first.freeze()
  const child = new Child(LINGERING, bySentinels())
  try {
    await child.reaches('connected')
    expect(await child.end()).toBe(0)
  } finally {
    child.kill()
    // A sentinel that thaws does nothing for half a minute.
    await first.restart()
  }
})

it.each([
  ['a Redis', () => new Redis(url(), { lazyConnect: true })],
  ['a Cluster', () => new Cluster(nodes(), { lazyConnect: true })],
])(
  '%s is never connected, closed or used for commands itself, and stays as it was',
  async (_, make) => {
    const client = kept(make())
    const events = ['error', 'ready', 'end', 'close', 'message', 'node-ready', 'disconnect']
    const before = events.map((event) => client.listenerCount(event))
    const peer = await SharedBreaker.join(upstream, { client })
    await peer.fail()
    expect(client.status).toBe('wait')
    await SharedBreaker.closeAll()
    expect(events.map((event) => client.listenerCount(event))).toEqual(before)
  },
)

it('counts as lost when its owner closes it, and is used again after a reconnect', async () => {
  await command('FLUSHALL')
  const client = kept(new Redis(url()))
  const peer = await SharedBreaker.join(upstream, { client }, { names: NAMES })
  const other = await SharedBreaker.join(upstream, { url: url() }, { names: NAMES })
  client.disconnect()
  await until('it is missed', () => peer.breaker.storageUp === false)
  expect(peer.losses).toEqual(['The client was closed'])
  await client.connect()
  await until('it is there', () => peer.breaker.storageUp === true)
  await follow(peer, other, 'users')
  await follow(other, peer, 'orders')
})

it('repeats no command whose answer was lost', async () => {
  await command('FLUSHALL')
  const proxy = await TcpProxy.start(server.port)
  const client = kept(new Redis({ port: proxy.port, password: 'hunter2' }))
  const peer = await SharedBreaker.join(upstream, { client }, { threshold: 9 })
  proxy.delay = 200
  const failing = peer.fail()
  await until('it is written', async () => (await command('EXISTS', 'axios-breaker/users')) === 1)
  proxy.cut()
  proxy.delay = 0
  await failing
  await until('it is up', () => peer.breaker.storageUp === true)
  proxy.stop()
  const other = await SharedBreaker.join(upstream, { url: url() }, { threshold: 9 })
  expect(other.circuit.failureCount).toBe(1)
})

it('reports what is wrong, and shows no password', async () => {
  const wrong = kept(new Redis(server.url.replace('//', '//:wrong-hunter@')))
  const replica = kept(new Redis({ port: cluster.servers[0]?.port as number }))
  const nowhere = kept(new Redis(url(), { db: 99 }))
  const rejections = [wrong, replica, nowhere].map(async (client) => {
    const peer = new SharedBreaker(upstream, { client, initDeadline: 3 })
    return String(await errorOf(peer.breaker.init()))
  })
  const [refused, node, outOfRange] = await Promise.all(rejections)
  expect(refused).toMatch(/WRONGPASS/)
  expect([refused, outOfRange].join('\n')).not.toMatch(/hunter/)
  expect(node).toMatch(/a node of a cluster.*Cluster of ioredis/)
  expect(outOfRange).toMatch(/ERR DB index is out of range/)
})
