/** Circuits that a function names, shared through Redis: what is asked, learned, and forgotten again. */
import { resolve } from 'node:path'
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker, type CircuitGroup } from '../../lib/index.js'
import { RedisStorage, type RedisStorageOptions } from '../../lib/redis/index.js'
import { TestClock } from '../../lib/testing/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { inCollected } from '../support/collected.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(120_000)

/** Deadlines that a busy machine does not miss, and a `refresh` so long that only messages bring news. */
const PATIENT = { permitDeadline: 5, commandDeadline: 5, initDeadline: 10, refresh: 60 }
const MEBIBYTE = 2 ** 20

class Peer {
  readonly clock = new TestClock()
  readonly breaker: CircuitBreaker
  readonly group: CircuitGroup
  readonly #instance: AxiosInstance

  private constructor(redis: RedisServer, sharing: Partial<RedisStorageOptions>) {
    const storage = new RedisStorage({ ...PATIENT, ...sharing, url: redis.url })
    this.breaker = new CircuitBreaker({ storage, threshold: 1, ttl: 60, now: this.clock.now })
    this.#instance = axios.create({ baseURL: upstream.origin, validateStatus: () => true })
    const limits = { maxCircuits: 3, idleTime: 10 }
    const nameOf = ({ params }: { params?: { host: string } }) => params?.host
    this.group = this.breaker.attach(this.#instance, nameOf, limits)
    peers.push(this)
  }

  static async join(sharing: Partial<RedisStorageOptions> = {}): Promise<Peer> {
    const peer = new Peer(redis, sharing)
    await peer.breaker.init()
    return peer
  }

  async send(host: string, status = 200): Promise<unknown> {
    const request = this.#instance.get(`/status/${status}`, { params: { host } })
    return request.then(
      (answer) => answer.status,
      (error: unknown) => Reflect.get(Object(error) as object, 'code'),
    )
  }

  stateOf(host: string): string | undefined {
    return this.breaker.circuit(host)?.state
  }
}

let redis: RedisServer
let upstream: Upstream
const peers: Peer[] = []
beforeEach(async () => {
  redis = await RedisServer.start()
  upstream = await Upstream.start()
  jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(async () => {
  await Promise.all(peers.splice(0).map(({ breaker }) => breaker.close()))
  await upstream.stop()
  await redis.stop()
  jest.restoreAllMocks()
})

it('what opens for one process is opened for all that know the host, and for those that call it later', async () => {
  const [one, other] = [await Peer.join(), await Peer.join()]
  await other.send('users')
  await one.send('users', 500)
  await until('the other knows', () => other.stateOf('users') === 'opened')
  expect(await other.send('users')).toBe('ERR_CIRCUIT_OPENED')
  const late = await Peer.join()
  expect(await late.send('users')).toBe(200)
  await until('it has learned', () => late.stateOf('users') === 'opened')
  expect(await late.send('users')).toBe('ERR_CIRCUIT_OPENED')
})

it('an evicted circuit receives nothing, and the next one of its name knows what the fleet knows', async () => {
  const [one, other] = [await Peer.join(), await Peer.join()]
  await one.send('users')
  one.clock.advance(10)
  await one.send('avatars')
  expect(one.stateOf('users')).toBeUndefined()
  await other.send('users', 500)
  await other.breaker.flush()
  await other.send('avatars', 500)
  await until('it has heard of a later one', () => one.stateOf('avatars') === 'opened')
  expect(one.stateOf('users')).toBeUndefined()
  await one.send('users')
  await until('it has learned', () => one.stateOf('users') === 'opened')
})

it('a new host costs one command, and a healthy one none', async () => {
  const peer = await Peer.join()
  const evaluations = async () => (await redis.commandCounts()).evalsha ?? 0
  await peer.send('a')
  await until('it is read', async () => (await evaluations()) > 1)
  const before = await evaluations()
  for (const host of ['b', 'c']) await peer.send(host)
  await until('both are read', async () => (await evaluations()) === before + 2)
  for (let count = 0; count < 20; count += 1) {
    for (const host of ['a', 'b', 'c', `unguarded-${count}`]) await peer.send(host)
  }
  await peer.breaker.flush()
  expect(await evaluations()).toBe(before + 2)
  expect(peer.group.unguarded).toBe(20)
})

it('the first request to a host waits for nothing, even if Redis is frozen', async () => {
  const peer = await Peer.join()
  redis.freeze()
  try {
    const begin = performance.now()
    expect(await peer.send('users')).toBe(200)
    expect(performance.now() - begin).toBeLessThan(2000)
  } finally {
    redis.thaw()
  }
})

it('without Redis, circuits of hosts are made, guard requests, and are evicted as usual', async () => {
  const peer = await Peer.join({ commandDeadline: 0.2, permitDeadline: 0.2 })
  await peer.send('a')
  await redis.kill()
  await until('the loss is noticed', () => peer.breaker.storageUp === false)
  await peer.send('b', 500)
  expect(await peer.send('b')).toBe('ERR_CIRCUIT_OPENED')
  await peer.send('c')
  await peer.send('d')
  expect(peer.group.unguarded).toBe(1)
  peer.clock.advance(10)
  expect(await peer.send('d', 500)).toBe(500)
  expect(await peer.send('d')).toBe('ERR_CIRCUIT_OPENED')
  expect(peer.group.circuits.map(({ name }) => name)).toEqual(['b', 'd'])
  await redis.restart()
  await until('it is back', () => peer.breaker.storageUp === true)
  const other = await Peer.join()
  await other.send('e', 500)
  await peer.send('e')
  await until('it has learned', () => peer.stateOf('e') === 'opened')
})

it('20,000 hosts that come and go leave no secret and no message behind', async () => {
  const found = await inCollected<{ grown: number; circuits: number }>(`
    import { RedisStorage } from '${resolve('dist/esm/redis/index.js')}'
    console.warn = () => undefined
    let now = 0
    const storage = new RedisStorage({ url: '${redis.url}', commandDeadline: 10, permitDeadline: 10 })
    const breaker = new CircuitBreaker({ storage, now: () => now })
    await breaker.init()
    const answer = async (config) => ({ data: null, status: 200, statusText: 'OK', headers: {}, config })
    const instance = axios.create({ adapter: answer })
    breaker.attach(instance, ({ url }) => url, { maxCircuits: 200, idleTime: 10 })
    const crowd = async (from, to) => {
      for (let at = from; at < to; at += 100) {
        const hosts = Array.from({ length: 100 }, (_, index) => 'host-with-some-name-' + (at + index))
        await Promise.all(hosts.map((host) => instance.get(host)))
        await breaker.flush()
        now += 20
      }
    }
    await crowd(0, 2000)
    const before = await settled()
    await crowd(2000, 22_000)
    // The client keeps a timer for each command, until its time is up.
    let grown = Infinity
    for (let looks = 0; looks < 20 && grown > ${MEBIBYTE}; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      grown = (await settled()) - before
    }
    console.log(JSON.stringify({ grown, circuits: breaker.circuits.length }))
    await breaker.close()`)
  expect(found.circuits).toBeLessThanOrEqual(200)
  expect(found.grown).toBeLessThan(MEBIBYTE)
})
