/** Connections that have died silently: neither side closes them, but no bytes arrive any more. */
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { createClient as createClient4 } from 'redis-4'
import { RedisStorage, type RedisClient } from '../../lib/redis/index.js'
import { TEST_READ } from '../../lib/redis/wire.js'
import { startCluster } from '../../scripts/redis-cluster.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { portsOf } from '../support/connections.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(60_000)

const NAMES = ['users', 'orders', 'payments', 'barrier']

let upstream: Upstream
let server: RedisServer
let proxy: TcpProxy
const ends: (() => unknown)[] = []
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
beforeEach(async () => {
  await server.command('FLUSHALL')
  proxy = await TcpProxy.start(server.port)
})
afterEach(async () => {
  await SharedBreaker.closeAll()
  for (const end of ends.splice(0)) await end()
  proxy.stop()
})

const url = () => `redis://127.0.0.1:${proxy.port}`

/** Deadlines as they are by default: what is unanswered is given up. */
const HASTY = { commandDeadline: 0.5, permitDeadline: 0.1 }

type Storage = { readonly url: string } | { readonly client: RedisClient }

async function join(storage: Storage): Promise<SharedBreaker> {
  return SharedBreaker.join(upstream, { ...HASTY, ...storage }, { names: NAMES })
}

/** One that is not behind the proxy. */
const witness = () => SharedBreaker.join(upstream, { url: server.url }, { names: NAMES })

function kept<Client>(client: Client, end: (client: Client) => unknown): Client {
  ends.push(() => end(client))
  return client
}

async function connected(options: object = {}): Promise<RedisClient> {
  const client = kept(createClient({ url: url(), ...options }), (made) => made.destroy())
  client.on('error', () => undefined)
  await client.connect()
  return client
}

describe('both connections are replaced', () => {
  const kinds: Record<string, () => Storage | Promise<Storage>> = {
    'a url': () => ({ url: url() }),
    'a client of redis 6 that looks after its connection': async () => {
      const socket = { socketTimeout: 1500, reconnectStrategy: () => 50 }
      return { client: await connected({ pingInterval: 500, socket }) }
    },
    ioredis: () => {
      const client = kept(new Redis(url()), (made) => made.disconnect())
      client.on('error', () => undefined)
      return { client }
    },
  }
  it.each(Object.keys(kinds))('%s', async (kind) => {
    const peer = await join(await (kinds[kind] as (typeof kinds)[string])())
    const other = await witness()
    proxy.silence()
    void peer.get('/status/500', 'users')
    await until('it is missed', () => peer.breaker.storageUp === false)
    await until('it is there again', () => peer.breaker.storageUp === true)
    await other.fail('orders')
    await peer.becomes('opened', 'orders')
    await peer.fail('payments')
    await other.becomes('opened', 'payments')
  })
})

it('both are replaced even if more circuits report at once than a lost storage is asked about', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `users-${index}`)
  const peer = await SharedBreaker.join(upstream, { ...HASTY, url: url() }, { names })
  const other = await SharedBreaker.join(upstream, { url: server.url }, { names })
  proxy.silence()
  await Promise.all(names.map((name) => peer.get('/status/500', name)))
  await until('it is missed', () => peer.breaker.storageUp === false)
  await until('it is there again', () => peer.breaker.storageUp === true)
  await other.fail('users-0')
  await peer.becomes('opened', 'users-0')
})

it('init() goes on over other connections if they die before Redis has answered its test', async () => {
  const peer = new SharedBreaker(upstream, { ...HASTY, url: url(), initDeadline: 15 })
  const before = await writes()
  proxy.delay = 400
  const joining = peer.breaker.init()
  await until('Redis has answered', async () => (await writes()) > before)
  proxy.silence()
  proxy.delay = 0
  await joining
  expect(peer.breaker.storageUp).toBe(true)
})

async function writes(): Promise<number> {
  return (await server.commandCounts()).hset ?? 0
}

it('a connection to one master of a cluster is replaced, although the other masters answer', async () => {
  const cluster = await startCluster()
  ends.push(() => cluster.stop())
  const owner = await cluster.ownerOf('axios-breaker/users')
  const way = await TcpProxy.start(owner.port)
  ends.push(() => way.stop())
  const nodes = cluster.rootNodes.map((node) => ({ host: '127.0.0.1', port: Number(new URL(node.url).port) })) // prettier-ignore
  const natMap = { [`127.0.0.1:${owner.port}`]: { host: '127.0.0.1', port: way.port } }
  const client = kept(new Cluster(nodes, { natMap }), (made) => made.disconnect())
  client.on('error', () => undefined)
  const peer = await SharedBreaker.join(upstream, { ...HASTY, client }, { names: NAMES })
  await until('it uses the way', () => way.connections > 0)
  way.silence()
  for (const name of NAMES) await peer.get('/status/500', name)
  await until('it is missed', () => peer.breaker.storageUp === false)
  await until('it is there again', () => peer.breaker.storageUp === true)
})

describe('a dead connection for messages is replaced as soon as a message is missed', () => {
  const kinds: Record<string, () => Promise<Storage>> = {
    'a url': async () => ({ url: url() }),
    'a client of redis 6': async () => ({ client: await connected() }),
    'a client of redis 4': async () => {
      const client = kept(createClient4({ url: url() }), (made) => made.disconnect())
      client.on('error', () => undefined)
      await client.connect()
      return { client }
    },
    ioredis: async () => ({ client: kept(new Redis(url()), (made) => made.disconnect()) }),
  }
  it.each(Object.keys(kinds))('%s', async (kind) => {
    const peer = await join(await (kinds[kind] as () => Promise<Storage>)())
    const other = await witness()
    proxy.silence(await portsOf(server, true))
    // Its own transition comes back to it as a message, too.
    await peer.fail('users')
    await until('it has subscribed anew', async () => (await subscribers()) === 3)
    await other.fail('orders')
    await peer.becomes('opened', 'orders')
    expect(peer.losses).toEqual([])
  })
})

it('a connection for messages is replaced if the server answers, and delivers none', async () => {
  const elsewhere = await RedisServer.start()
  ends.push(() => elsewhere.stop())
  const rules = { names: NAMES, ttl: 0.2 }
  const peer = await SharedBreaker.join(upstream, { url: url() }, rules)
  proxy.targetPort = elsewhere.port
  await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await until('it listens elsewhere', async () => (await portsOf(elsewhere, true)).length === 1)
  proxy.targetPort = server.port
  await until(
    'it listens here',
    async () => {
      // Each probe is a transition, of which it gets no message.
      await peer.fail('users')
      return (await subscribers()) === 1
    },
    40,
  )
  const other = await witness()
  await other.fail('orders')
  await peer.becomes('opened', 'orders')
  expect(peer.losses).toEqual([])
})

/** The dead one is still on the list of the server. */
async function subscribers(): Promise<number> {
  return (await portsOf(server, true)).length
}

it('a dead connection for messages is replaced within 30 s in any case, by one PING every 15 s', async () => {
  const peer = await join({ url: url() })
  const [dead] = await portsOf(server, true)
  proxy.silence([Number(dead)])
  await witness()
  const pings = async (): Promise<number> => (await server.commandCounts()).ping ?? 0
  const [before, start] = [await pings(), performance.now()]
  await until('it has subscribed anew', async () => (await subscribers()) === 3, 30)
  // These are the PINGs of the witness: those of the dead connection do not arrive.
  const seconds = (performance.now() - start) / 1000
  expect((await pings()) - before).toBeGreaterThanOrEqual(1)
  expect((await pings()) - before).toBeLessThanOrEqual(seconds / 15)
  await peer.fail('users')
  expect(peer.losses).toEqual([])
})

it.each([{ pingInterval: 200 }, { socket: { socketTimeout: 1000, reconnectStrategy: () => 50 } }])(
  'a dead one is replaced sooner if the caller configures its client: %j',
  async (options) => {
    const peer = await join({ client: await connected(options) })
    const start = performance.now()
    const ports = await portsOf(server, true)
    proxy.silence(ports)
    await until('it has subscribed anew', async () => (await subscribers()) === 2)
    expect(performance.now() - start).toBeLessThan(8000)
    await until('it is up', () => peer.breaker.storageUp === true)
  },
)

it('a live one is not replaced, whatever the caller configures, nor at once if its messages may not be published', async () => {
  await server.command('ACL', 'SETUSER', 'mute', 'on', '>x', '~*', '&*', '+@all', '-publish')
  const socket = { port: proxy.port, socketTimeout: 2000 }
  const client = await connected({ url: undefined, socket, pingInterval: 100, username: 'mute', password: 'x' }) // prettier-ignore
  const peer = await join({ client })
  const [port] = await portsOf(server, true)
  for (const name of NAMES) await peer.fail(name)
  await until('it has been asked', async () => Number((await server.commandCounts()).ping) > 15)
  expect(await portsOf(server, true)).toEqual([port])
})

/** Connects, and forgets what was reported until then: on a busy machine it takes long, and that is reported. */
async function connectTo(storage: RedisStorage) {
  const lost = jest.fn()
  const ignore = (): void => undefined
  const connection = storage.connect({ lost, pushed: ignore, hinted: ignore, resumed: ignore })
  ends.push(() => connection.close())
  await connection.ready
  lost.mockClear()
  return { connection, lost }
}

describe('a live one is not replaced if the process is busy while it sends many commands', () => {
  const kinds: Record<string, () => Storage> = {
    'a url': () => ({ url: server.url }),
    ioredis: () => ({ client: kept(new Redis(server.url), (made) => made.disconnect()) }),
  }
  it.each(Object.keys(kinds))('%s', async (kind) => {
    const storage = new RedisStorage((kinds[kind] as () => Storage)())
    const { connection, lost } = await connectTo(storage)
    const ask = () => connection.ask({ ...TEST_READ, deadline: 30 })
    // The client writes the first ones only after the last one, when the process has time again.
    const answers = [ask(), ask(), ask()]
    beBusy(3)
    await Promise.all([...answers, ask()])
    expect(lost).not.toHaveBeenCalled()
  })
})

it('a live one is not replaced if it takes long to find all keys', async () => {
  const script = "for key = 1, 12000 do redis.call('SET', 'axios-breaker/' .. key, '') end"
  await server.command('EVAL', script, '0')
  const storage = new RedisStorage({ url: url() })
  const { connection, lost } = await connectTo(storage)
  proxy.delay = 500
  expect(await connection.circuits?.()).toHaveLength(12_000)
  expect(lost).not.toHaveBeenCalled()
})

function beBusy(seconds: number): void {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end);
}

it("a cluster's connection for messages is replaced if its node is gone", async () => {
  const cluster = await startCluster()
  ends.push(() => cluster.stop())
  const client = kept(createCluster({ rootNodes: cluster.rootNodes }), (made) => made.destroy())
  client.on('error', () => undefined)
  await client.connect()
  const peer = await SharedBreaker.join(upstream, { client }, { names: NAMES })
  const counts = () => Promise.all(cluster.servers.map(async (member) => (await portsOf(member, true)).length)) // prettier-ignore
  const index = (await counts()).indexOf(1)
  const node = cluster.servers[index] as RedisServer
  const [port] = await portsOf(node, true)
  await node.command('CLIENT', 'KILL', 'ADDR', `127.0.0.1:${port}`)
  await until('it has subscribed anew', async () => (await counts()).includes(1))
  await peer.fail('users')
  expect(peer.losses).toEqual([])
})
