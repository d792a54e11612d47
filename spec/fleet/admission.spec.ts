/**
 * A shared circuit answers every request at once, except a probe that is due. The spec runs in this process:
 * nobody outside can see what happens within a tick.
 */
import axios from 'axios'
import { CircuitBreaker } from '../../lib/index.js'
import { RedisStorage } from '../../lib/redis/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { until } from '../support/until.js'

const SHORT = 20_000

let redis: RedisServer
beforeAll(async () => {
  redis = await RedisServer.start()
}, SHORT)
afterEach(() => redis.command('FLUSHALL'))
afterAll(() => redis.stop())

/** A caller, and the results of its requests so far. */
class Caller {
  dispatched = 0
  refused = 0
  /** How often Redis was lost, as it is once a permit's deadline has passed. */
  losses = 0
  fails = false
  readonly circuit
  readonly #breaker: CircuitBreaker
  readonly #instance = axios.create({ adapter: () => this.#dispatch() })

  constructor(breaker: CircuitBreaker) {
    this.#breaker = breaker
    this.circuit = breaker.attach(this.#instance, 'users')
    breaker.on('rejected', () => (this.refused += 1))
    breaker.on('storageLost', () => (this.losses += 1))
  }

  /** @returns the error, if there is one */
  send(signal?: AbortSignal): Promise<unknown> {
    return this.#instance.get('/', { ...(signal && { signal }) }).then(
      () => undefined,
      (error: unknown) => error,
    )
  }

  async open(): Promise<void> {
    this.fails = true
    await this.send()
    const state = () => redis.command('HGET', 'axios-breaker/users', 'state')
    await until('Redis knows', async () => (await state()) === 'opened')
    await this.#breaker.flush()
    this.fails = false
    this.dispatched = 0
  }

  async #dispatch(): Promise<never> {
    this.dispatched += 1
    if (this.fails) throw new Error('This opens the circuit')
    return { status: 200, data: '', headers: {}, config: { headers: {} } } as never
  }
}

async function withCaller(ttl: number, use: (caller: Caller) => Promise<void>): Promise<void> {
  const storage = new RedisStorage({ url: redis.url, permitDeadline: 10, commandDeadline: 10 })
  const breaker = new CircuitBreaker({ threshold: 1, ttl, storage })
  const caller = new Caller(breaker)
  await breaker.init()
  try {
    await use(caller)
  } finally {
    await breaker.close()
  }
}

it(
  'a closed circuit admits in the same tick',
  () =>
    withCaller(30, async (caller) => {
      const sent = caller.send()
      expect(caller).toMatchObject({ dispatched: 1, refused: 0 })
      await sent
    }),
  SHORT,
)

it(
  'an opened circuit refuses in the same tick',
  () =>
    withCaller(30, async (caller) => {
      await caller.open()
      const sent = caller.send()
      expect(caller).toMatchObject({ dispatched: 0, refused: 1 })
      await sent
    }),
  SHORT,
)

it(
  'only a probe that is due waits for Redis',
  () =>
    withCaller(0.05, async (caller) => {
      await caller.open()
      await until('a probe is due', () => caller.circuit.state === 'half-opened')
      const probe = caller.send()
      expect(caller).toMatchObject({ dispatched: 0, refused: 0 })
      const others = [caller.send(), caller.send()]
      expect(caller).toMatchObject({ dispatched: 0, refused: 2 })
      await probe
      expect(caller).toMatchObject({ dispatched: 1, refused: 2 })
      expect(caller.circuit.state).toBe('closed')
      await Promise.all(others)
    }),
  SHORT,
)

it(
  'a probe that is cancelled while Redis hangs ends at once, and gives back the permit that comes later',
  () =>
    withCaller(0.05, async (caller) => {
      await caller.open()
      await until('a probe is due', () => caller.circuit.state === 'half-opened')
      redis.freeze()
      const stop = new AbortController()
      const probe = caller.send(stop.signal)
      stop.abort()
      expect(axios.isCancel(await probe.finally(() => redis.thaw()))).toBe(true)
      expect(caller.losses).toBe(0)
      await until('the next request is the probe', async () => !(await caller.send()))
      expect(caller.dispatched).toBe(1)
      expect(caller.circuit.state).toBe('closed')
    }),
  SHORT,
)
