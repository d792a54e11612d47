/** flush() and close() report everything first. Afterwards nothing keeps a process alive. */
import { createClient } from 'redis'
import type { RedisStorageOptions } from '../../lib/redis/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { Child } from '../support/child.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

// Processes take their time to start on a busy machine.
jest.setTimeout(30_000)

let upstream: Upstream
let server: RedisServer
let proxy: TcpProxy
let child: Child | undefined
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
  proxy = await TcpProxy.start(server.port)
})
afterAll(async () => {
  proxy.stop()
  await Promise.all([upstream.stop(), server.stop()])
})
beforeEach(async () => {
  if (!server.isAnswering) await server.restart()
  await server.command('FLUSHALL')
})
afterEach(async () => {
  child?.kill()
  proxy.delay = 0
  proxy.resume()
  await SharedBreaker.closeAll()
})

const KEY = 'axios-breaker/users'
const failures = () => server.command('HGET', KEY, 'failures')
const proxied = () => ({ url: `redis://127.0.0.1:${proxy.port}` })

async function connections(): Promise<number> {
  const list = await server.command<string>('CLIENT', 'LIST')
  return list.trim().split('\n').length - 1
}

describe.each(['flush', 'close'] as const)('%s()', (method) => {
  it('waits until all reports are written', async () => {
    const peer = await SharedBreaker.join(upstream, proxied(), { threshold: 9 })
    proxy.delay = 100
    await peer.get('/status/500')
    await peer.get('/status/500')
    await peer.breaker[method]()
    expect(await failures()).toBe('2')
  })

  it('gives up at the deadline if Redis does not answer', async () => {
    const storage = { ...proxied(), commandDeadline: 0.2 }
    const peer = await SharedBreaker.join(upstream, storage, { threshold: 9 })
    proxy.pause()
    await peer.get('/status/500')
    const start = performance.now()
    await peer.breaker[method]()
    expect(performance.now() - start).toBeLessThan(2000)
    expect(await failures()).toBeNull()
  })

  it('may be called again, at once and before init()', async () => {
    const { breaker } = new SharedBreaker(upstream, { url: server.url })
    await breaker[method]()
    await breaker.init()
    await Promise.all([breaker[method](), breaker[method]()])
    await breaker[method]()
    expect(breaker.storageUp).toBe(method === 'flush')
  })
})

describe('close()', () => {
  it('leaves local circuits and no connection', async () => {
    const peer = await SharedBreaker.join(upstream, { url: server.url })
    await peer.breaker.close()
    await until('there is no connection', async () => (await connections()) === 0)
    expect(peer.breaker.storageUp).toBe(false)
    await peer.get('/status/500')
    expect(await peer.get()).toBe('ERR_CIRCUIT_OPENED')
    expect(await server.command('EXISTS', KEY)).toBe(0)
    expect(peer.losses).toEqual([])
  })

  it('rejects a pending init(), and leaves no connection', async () => {
    const peer = new SharedBreaker(upstream, { ...proxied(), initDeadline: 0.5 })
    proxy.pause()
    const init = peer.breaker.init().catch(String)
    await peer.breaker.close()
    expect(await init).toContain('init() has ended: breaker.close() was called')
    proxy.resume()
    await until('there is no connection', async () => (await connections()) === 0)
    expect([peer.breaker.storageUp, peer.restored]).toEqual([false, 0])
  })

  it("leaves a caller's client connected, with its listeners", async () => {
    const client = createClient({ url: server.url })
    const listener = jest.fn()
    client.on('error', listener)
    client.on('ready', listener)
    await client.connect()
    const first = await SharedBreaker.join(upstream, { client })
    await first.fail()
    await first.breaker.close()
    expect(client.isReady).toBe(true)
    expect(await client.get('some key')).toBeNull()
    expect(client.listeners('error')).toContain(listener)
    expect(client.listeners('ready')).toEqual([listener])
    expect(client.listeners('end')).toEqual([])
    await until('the subscription is gone', async () => (await connections()) === 1)
    client.destroy()
  })
})

const STORY = `
  const breaker = new CircuitBreaker({
    threshold: 9, storage: new RedisStorage({ commandDeadline: 0.2, ...settings.storage }),
  })
  const users = axios.create({ baseURL: settings.origin })
  breaker.attach(users, 'users')
  await breaker.init().catch(() => undefined)
  await reach('connected')
  await users.get('/status/500').catch(() => undefined)
  await breaker.close()
  console.log('closed')`

describe('a process ends by itself after close()', () => {
  const start = (storage: RedisStorageOptions = proxied()) =>
    new Child(STORY, { origin: upstream.origin, storage })

  it('with all of its failures reported', async () => {
    child = start()
    await child.reaches('connected')
    child.goOn()
    expect(await child.end()).toBe(0)
    expect(await failures()).toBe('1')
  })

  const troubles: [string, () => unknown][] = [
    ['is frozen', () => server.freeze()],
    ['is down', () => server.kill()],
    ['cannot be reached', () => proxy.pause()],
  ]
  it.each(troubles)('even if Redis %s', async (_how, trouble) => {
    child = start()
    await child.reaches('connected')
    await trouble()
    child.goOn()
    await child.reaches('closed')
    expect(await child.end()).toBe(0)
  })

  it('even while it keeps reconnecting', async () => {
    child = start()
    await child.reaches('connected')
    await server.kill()
    await until('it has tried again', () => proxy.connections === 0)
    child.goOn()
    expect(await child.end()).toBe(0)
  })

  it('even if it was never connected', async () => {
    await server.kill()
    child = start({ url: server.url, initDeadline: 0.2 })
    await child.reaches('connected')
    child.goOn()
    expect(await child.end()).toBe(0)
  })
})

/** Looks up the host's name so slowly that close() comes before, at and after each step of the connection. */
const CLOSING_EARLY = `
  const { lookup } = await import('node:dns')
  const { setTimeout: sleep } = await import('node:timers/promises')
  const { createClient } = (await import(settings.name)).default
  let [delay, pending] = [0, 0]
  const later = (host, options, found) => {
    pending += 1
    setTimeout(() => lookup(host, options, (...answer) => {
      pending -= 1
      found(...answer)
    }), delay)
  }
  const client = createClient({ socket: { host: 'localhost', port: settings.port, lookup: later } })
  client.on('error', () => undefined)
  await client.connect()
  delay = 20
  for (let wait = 0; wait < 40; wait += 2) {
    const breaker = new CircuitBreaker({ storage: new RedisStorage({ client }) })
    breaker.attach(axios.create(), 'users')
    const init = breaker.init().catch(() => undefined)
    await sleep(wait)
    await breaker.close()
    await init
  }
  const connections = async () => (await client.sendCommand(['CLIENT', 'LIST'])).trim().split('\\n').length
  // An attempt that was abandoned goes on until its name is found.
  while (pending > 0 || (await connections()) > 1) await sleep(5)
  await client.disconnect()
  process.disconnect()`

it.each(['redis', 'redis-5', 'redis-4'])(
  'a process that closes while it connects does not die of it: with a client of %s',
  async (name) => {
    child = new Child(CLOSING_EARLY, { name, port: server.port })
    expect(await child.end()).toBe(0)
  },
)

/**
 * The caller's client is unref'd and not reconnected, so that only our connections could keep the process
 * alive.
 */
const STORAGES = `
  const make = {
    url: async () => ({ url: settings.url }),
    'client of redis': async () => {
      const { createClient } = await import('redis')
      const client = createClient({ url: settings.url, socket: { reconnectStrategy: false } })
      client.on('error', () => undefined)
      await client.connect().catch(() => undefined)
      client.unref()
      return { client }
    },
    'client of ioredis': async () => {
      const { Redis } = await import('ioredis')
      const client = new Redis(settings.url, { lazyConnect: true, retryStrategy: null })
      client.on('error', () => undefined)
      await client.connect().catch(() => undefined)
      client.stream.unref()
      return { client }
    },
  }
  const breaker = new CircuitBreaker({
    storage: new RedisStorage({ initDeadline: 0.3, ...await make[settings.kind]() }),
  })
  breaker.attach(axios.create(), 'users')
  await breaker.init().catch(() => undefined)`

describe.each(['url', 'client of redis', 'client of ioredis'])(
  'a process that never calls close() ends by itself: with a %s',
  (kind) => {
    it('while Redis is up', async () => {
      child = new Child(STORAGES, { url: server.url, kind })
      expect(await child.end()).toBe(0)
    })

    it('if Redis was never up', async () => {
      await server.kill()
      child = new Child(STORAGES, { url: server.url, kind })
      expect(await child.end()).toBe(0)
    })

    it.each<[string, () => unknown]>([
      ['dies', () => server.kill()],
      ['is frozen', () => server.freeze()],
    ])('as Redis %s midway', async (_how, trouble) => {
      child = new Child(`${STORAGES}\nawait reach('connected')\nprocess.disconnect()`, { url: server.url, kind }) // prettier-ignore
      await child.reaches('connected')
      await trouble()
      child.goOn()
      expect(await child.end()).toBe(0)
    })
  },
)

describe('a process whose client has no listener for errors', () => {
  const BORROWED = `
    import * as redis from 'redis'
    const create = {
      client: () => redis.createClient({ url: settings.url }),
      pool: () => redis.createClientPool({ url: settings.url }),
    }
    const client = create[settings.kind]()
    await client.connect()
    const breaker = new CircuitBreaker({ threshold: 1e6, storage: new RedisStorage({ client }) })
    const users = axios.create({ baseURL: settings.origin })
    breaker.attach(users, 'users')
    const fail = () => users.get('/status/500').catch(() => undefined)
    await breaker.init()
    await reach('connected')
    await fail()
    await reach('survived')
    let isOver = false
    process.once('message', () => (isOver = true))
    while (!isOver) await fail()
    process.disconnect()
    await breaker.close()
    client.destroy()`

  it.each(['client', 'pool'])('survives the death of Redis, and rejoins: a %s', async (kind) => {
    child = new Child(BORROWED, { kind, url: server.url, origin: upstream.origin })
    await child.reaches('connected')
    await server.kill()
    child.goOn()
    await child.reaches('survived')
    child.goOn()
    await server.restart()
    await until('it reports again', async () => (await failures()) !== null)
    child.goOn()
    expect(await child.end()).toBe(0)
  })
})
