/** Breakers that use one client, or one storage, share its connections and listeners. */
import { EventEmitter } from 'node:events'
import axios from 'axios'
import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { CircuitBreaker } from '../../lib/index.js'
import { RedisStorage, type RedisClient } from '../../lib/redis/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { portsOf } from '../support/connections.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

const MANY = 2 * EventEmitter.defaultMaxListeners
const EVENTS = ['error', 'ready', 'end', 'node-ready', 'disconnect']

let upstream: Upstream
let server: RedisServer
const warnings: Error[] = []
const onWarning = (warning: Error): unknown => warnings.push(warning)
beforeAll(async () => {
  process.on('warning', onWarning)
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(async () => {
  process.off('warning', onWarning)
  await Promise.all([upstream.stop(), server.stop()])
})
beforeEach(() => server.command('FLUSHALL'))

/** Breakers with a circuit of one name each. */
function breakersWith(storages: readonly RedisStorage[]) {
  return storages.map((storage) => {
    const breaker = new CircuitBreaker({ threshold: 1, ttl: 60, storage })
    const instance = axios.create({ baseURL: upstream.origin, validateStatus: () => true })
    const circuit = breaker.attach(instance, 'users')
    return { breaker, instance, circuit }
  })
}

const listeners = (client: RedisClient) =>
  EVENTS.map((event) => (client as unknown as EventEmitter).listenerCount(event))

type Made = { client: RedisClient; end: () => unknown }

const kinds: Record<string, () => Promise<Made>> = {
  'a client of redis': async () => {
    const client = createClient({ url: server.url })
    await client.connect()
    return { client, end: () => client.destroy() }
  },
  'a pool of redis': async () => {
    const client = createClientPool({ url: server.url }, { minimum: 1, maximum: 1 })
    await client.connect()
    return { client, end: () => client.destroy() }
  },
  'a client of ioredis': async () => {
    const client = new Redis(server.url)
    await until('it is ready', () => client.status === 'ready')
    return { client, end: () => client.disconnect() }
  },
}

it.each(Object.keys(kinds))('%s has one set of listeners, and none in the end', async (kind) => {
  const { client, end } = await (kinds[kind] as () => Promise<Made>)()
  const before = listeners(client)
  const all = breakersWith(Array.from({ length: MANY }, () => new RedisStorage({ client })))
  await Promise.all(all.map(({ breaker }) => breaker.init()))
  expect(listeners(client)).toEqual(before.map((count) => count + 1))
  expect(await portsOf(server, true)).toHaveLength(1)
  await all[0]?.instance.get('/status/500')
  await until('all have followed', () => all.every(({ circuit }) => circuit.state === 'opened'))
  for (const { breaker } of all) {
    expect(listeners(client)).toEqual(before.map((count) => count + 1))
    await breaker.close()
  }
  expect(listeners(client)).toEqual(before)
  await until('it is unsubscribed', async () => (await portsOf(server, true)).length === 0)
  await end()
  await until('all is gone', async () => (await portsOf(server, false)).length === 0)
  expect(warnings).toEqual([])
})

it('one storage with a url has two connections, with its own channels, and again after close()', async () => {
  const storage = new RedisStorage({ url: server.url })
  const all = breakersWith(Array.from({ length: MANY }, () => storage))
  const counts = async () =>
    Promise.all([true, false].map(async (is) => (await portsOf(server, is)).length))
  for (let round = 0; round < 2; round += 1) {
    await Promise.all(all.map(({ breaker }) => breaker.init()))
    expect(await counts()).toEqual([1, 1])
    const [first, ...rest] = all
    await first?.breaker.close()
    expect(rest.every(({ breaker }) => breaker.storageUp)).toBe(true)
    expect(await counts()).toEqual([1, 1])
    await Promise.all(rest.map(({ breaker }) => breaker.close()))
    await until('all is gone', async () => (await counts()).join() === '0,0')
  }
  expect(warnings).toEqual([])
})

it('one client with several prefixes has a channel for each', async () => {
  const client = createClient({ url: server.url })
  await client.connect()
  const storages = ['a', 'b', 'a', 'b'].map((prefix) => new RedisStorage({ client, prefix }))
  const all = breakersWith(storages)
  await Promise.all(all.map(({ breaker }) => breaker.init()))
  const channels = () => server.command<string[]>('PUBSUB', 'CHANNELS')
  expect((await channels()).toSorted()).toEqual(['a/events', 'b/events'])
  await all[0]?.instance.get('/status/500')
  await until('it has followed', () => all[2]?.circuit.state === 'opened')
  expect(all.map(({ circuit }) => circuit.state)).toEqual(['opened', 'closed', 'opened', 'closed'])
  for (const one of [all[0], all[2]]) await one?.breaker.close()
  await until('one is left', async () => (await channels()).join() === 'b/events')
  await all[1]?.instance.get('/status/500')
  await until('it has followed', () => all[3]?.circuit.state === 'opened')
  await Promise.all(all.map(({ breaker }) => breaker.close()))
  client.destroy()
})
