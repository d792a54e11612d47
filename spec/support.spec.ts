/**
 * What the specs of shared circuits rely on: real servers that fail when a spec wants it. `outages` has the
 * sentinels, and masters that die.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { createClient, createCluster } from 'redis'
import { startCluster, type Cluster } from '../scripts/redis-cluster.mjs'
import { isFree } from '../scripts/ports.mjs'
import { RedisServer } from '../scripts/redis-server.mjs'
import { Running } from '../scripts/run.mjs'
import { TcpProxy } from '../scripts/tcp-proxy.mjs'
import { errorOf } from './support/plugin-harness.js'
import { until } from './support/until.js'

const SHORT = 10_000
const LONG = 40_000

/** One that does not try again. */
function clientOf(url: string, socket: object = {}) {
  const client = createClient({ url, socket: { reconnectStrategy: false, ...socket } })
  return client.on('error', () => undefined)
}

async function ask(url: string, socket: object = {}): Promise<string> {
  const client = clientOf(url, socket)
  try {
    await client.connect()
    return await client.ping()
  } finally {
    if (client.isOpen) client.destroy()
  }
}

/** Whether a promise is still pending after a number of milliseconds. */
async function isOpenFor(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  const start = performance.now()
  let isOpen = true
  void promise.catch(() => undefined).finally(() => (isOpen = false))
  await until('the time is over', () => !isOpen || performance.now() > start + milliseconds)
  return isOpen
}

describe('RedisServer', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ config: ['maxmemory 64mb'] })
  }, SHORT)
  afterAll(async () => {
    await server.stop()
    await server.stop()
  })

  it(
    'answers commands, and counts them',
    async () => {
      await server.command('CONFIG', 'RESETSTAT')
      await server.command('SET', 'key', 'value')
      expect(await server.command('GET', 'key')).toBe('value')
      expect(await server.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '67108864'])
      const counts = await server.commandCounts()
      expect(counts).toEqual({ 'config|resetstat': 1, set: 1, get: 1, 'config|get': 1 })
    },
    SHORT,
  )

  it(
    'does nothing while it is frozen',
    async () => {
      server.freeze()
      const answer = server.command('PING')
      expect(await isOpenFor(200, answer)).toBe(true)
      server.thaw()
      expect(await answer).toBe('PONG')
    },
    SHORT,
  )

  it(
    'is killed while it is frozen, and starts again without data on the same port',
    async () => {
      const { port, pid } = server
      await server.command('SET', 'key', 'value')
      server.freeze()
      await server.kill()
      expect(server.isRunning).toBe(false)
      expect(await errorOf(ask(server.url))).toMatchObject({ code: 'ECONNREFUSED' })
      await server.restart()
      expect(server.port).toBe(port)
      expect(server.pid).not.toBe(pid)
      expect(await server.command('GET', 'key')).toBeNull()
    },
    SHORT,
  )

  it(
    'waits for its port',
    async () => {
      const first = await RedisServer.start()
      const start = RedisServer.start({ port: first.port })
      expect(await isOpenFor(200, start)).toBe(true)
      await first.stop()
      const second = await start
      expect(await ask(second.url)).toBe('PONG')
      await second.stop()
    },
    SHORT,
  )

  it(
    'says what is wrong with its configuration, and how to install what is missing',
    async () => {
      const error = await errorOf(RedisServer.start({ config: ['nonsense 1'] }))
      expect(String(error)).toContain("'nonsense 1'")
      const env = { ...process.env, REDIS_SERVER: './nowhere' }
      const replaced = jest.replaceProperty(process, 'env', env)
      const missing = await errorOf(RedisServer.start())
      replaced.restore()
      expect(String(missing)).toContain('apt-get install redis-server')
    },
    SHORT,
  )

  it(
    'ends with the process that started it, and leaves no folder',
    async () => {
      const script = `
        import { RedisServer } from '${resolve('scripts/redis-server.mjs')}'
        const server = await RedisServer.start()
        const [, folder] = await server.command('CONFIG', 'GET', 'dir')
        console.log(JSON.stringify([server.url, folder]))
        server.freeze()`
      const child = new Running(process.execPath, ['--input-type=module', '--eval', script])
      await child.printed('\n')
      const [url, folder] = JSON.parse(child.stdout)
      await child.kill()
      await until('the folder is gone', () => !existsSync(folder))
      expect(await errorOf(ask(url))).toMatchObject({ code: 'ECONNREFUSED' })
    },
    SHORT,
  )
})

it(
  'TLS accepts only clients that trust the private authority',
  async () => {
    const server = await RedisServer.start({ tls: true })
    try {
      expect(server.url).toMatch(/^rediss:/)
      const { ca } = server
      const localhost = server.url.replace('127.0.0.1', 'localhost')
      expect(await ask(server.url, { tls: true, ca })).toBe('PONG')
      expect(await ask(localhost, { tls: true, ca })).toBe('PONG')
      expect(await server.command('PING')).toBe('PONG')
      const refusal = { code: 'SELF_SIGNED_CERT_IN_CHAIN' }
      expect(await errorOf(ask(server.url, { tls: true }))).toMatchObject(refusal)
    } finally {
      await server.stop()
    }
  },
  SHORT,
)

it('a port that is in use is not free', async () => {
  const proxy = await TcpProxy.start(1)
  expect(await isFree(proxy.port)).toBe(false)
  proxy.stop()
  expect(await isFree(proxy.port)).toBe(true)
})

describe('TcpProxy', () => {
  let server: RedisServer
  let proxy: TcpProxy
  let url: string
  beforeAll(async () => {
    server = await RedisServer.start()
    proxy = await TcpProxy.start(server.port)
    url = `redis://127.0.0.1:${proxy.port}`
  }, SHORT)
  afterAll(async () => {
    proxy.stop()
    await server.stop()
  })

  async function withClient(use: (client: ReturnType<typeof clientOf>) => Promise<void>) {
    const client = clientOf(url)
    await client.connect()
    await use(client).finally(() => client.isOpen && client.destroy())
    await until('the proxy has no connection', () => proxy.connections === 0)
  }

  it(
    'delays a round trip, and keeps the order',
    () =>
      withClient(async (client) => {
        const start = performance.now()
        proxy.delay = 100
        const first = client.incr('number')
        await until('the first is on its way', () => performance.now() > start + 10)
        proxy.delay = 0
        expect(await Promise.all([first, client.incr('number')])).toEqual([1, 2])
        expect(performance.now() - start).toBeGreaterThan(49)
        proxy.delay = 100
        const again = performance.now()
        await client.ping()
        expect(performance.now() - again).toBeGreaterThan(98)
        proxy.delay = 0
      }),
    SHORT,
  )

  it(
    'cuts connections',
    () =>
      withClient(async (client) => {
        const answer = errorOf(client.blPop('nothing', 0))
        await until('the client waits', async () => {
          const info = await server.command<string>('INFO', 'clients')
          return info.includes('blocked_clients:1')
        })
        proxy.cut()
        expect(await answer).toBeInstanceOf(Error)
        expect(await ask(url)).toBe('PONG')
      }),
    SHORT,
  )

  it(
    'refuses new connections, and leaves the others alone',
    () =>
      withClient(async (client) => {
        proxy.refuse()
        expect(await errorOf(ask(url))).toMatchObject({ code: 'ECONNREFUSED' })
        expect(await client.ping()).toBe('PONG')
        await proxy.accept()
        expect(await ask(url)).toBe('PONG')
      }),
    SHORT,
  )

  it(
    'holds bytes back, and keeps connections open',
    () =>
      withClient(async (client) => {
        proxy.pause()
        const answer = client.ping()
        expect(await isOpenFor(200, answer)).toBe(true)
        expect(client.isReady).toBe(true)
        proxy.resume()
        expect(await answer).toBe('PONG')
      }),
    SHORT,
  )

  it(
    'ends a connection when there is nothing behind it',
    async () => {
      await server.kill()
      const socket = connect(proxy.port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'close')
      await server.restart()
      expect(await ask(url)).toBe('PONG')
    },
    SHORT,
  )
})

describe('A cluster', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
  }, LONG)
  afterAll(() => cluster.stop())

  it(
    'has an owner for each key, which a client finds',
    async () => {
      const client = createCluster({ rootNodes: cluster.rootNodes.slice(0, 1) })
      await client.connect()
      const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`)
      await Promise.all(keys.map((key) => client.set(key, key)))
      client.destroy()
      const owners = await Promise.all(keys.map((key) => cluster.ownerOf(key)))
      const values = await Promise.all(owners.map((owner, i) => owner.command('GET', `key ${i}`)))
      expect(values).toEqual(keys)
      expect(new Set(owners).size).toBe(3)
    },
    LONG,
  )

  it(
    'moves a slot with its data',
    async () => {
      const old = await cluster.ownerOf('moved')
      await old.command('SET', 'moved', 'value')
      let meanwhile: unknown
      const during = async () => (meanwhile = await errorOf(old.command('GET', 'moved')))
      const owner = await cluster.moveSlot('moved', { during })
      expect(owner).not.toBe(old)
      expect(String(meanwhile)).toMatch(/ASK \d+/)
      expect(await owner.command('GET', 'moved')).toBe('value')
      expect(String(await errorOf(old.command('GET', 'moved')))).toMatch(/MOVED \d+/)
      expect(await cluster.moveSlot('moved', { target: old })).toBe(old)
    },
    LONG,
  )
})
