/** The public surface: circuits by name, several instances, several breakers, bypass and detach. */
import axios from 'axios'
import {
  CircuitBreaker,
  ConfigError,
  OpenedStateError,
  type CircuitBreakerOptions,
} from '../../lib/index.js'
import { MemoryStorage, TestClock } from '../../lib/testing/index.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeEach(async () => {
  upstream = await Upstream.start()
})
afterEach(() => upstream.stop())

const client = () => axios.create({ baseURL: upstream.origin })
const breakerOf = (options: CircuitBreakerOptions = {}) =>
  new CircuitBreaker({ threshold: 2, ttl: 60, ...options })
const codeOf = (error: unknown): unknown => Reflect.get(Object(error) as object, 'code')

async function send(instance: ReturnType<typeof client>, path: string, times = 1) {
  const results: unknown[] = []
  for (let i = 0; i < times; i += 1) {
    results.push(await instance.get(path).then(({ status }) => status, codeOf))
  }
  return results
}

describe('a circuit', () => {
  it('opens after threshold consecutive failures, refuses, and closes by one probe', async () => {
    const users = client()
    const clock = new TestClock()
    const circuit = breakerOf({ ttl: 30, now: clock.now }).attach(users, 'users')
    expect(circuit).toMatchObject({
      name: 'users',
      state: 'closed',
      failureCount: 0,
      retryAfter: 0,
    })
    await send(users, '/status/500')
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 1 })
    await send(users, '/status/500')
    expect(circuit).toMatchObject({ state: 'opened', failureCount: 2 })
    clock.advance(30)
    expect(circuit).toMatchObject({ state: 'half-opened', retryAfter: 0 })
    expect(await send(users, '/status/200')).toEqual([200])
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 0 })
  })

  it('refuses without sending a request, and says when to come back', async () => {
    const users = client()
    const circuit = breakerOf().attach(users, 'users')
    await send(users, '/status/500', 2)
    const error: unknown = await users.get('/').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OpenedStateError)
    expect(error).toMatchObject({ circuit: 'users', state: 'opened' })
    expect(circuit.retryAfter).toBeGreaterThan(59)
    expect(upstream.hits).toBe(2)
  })

  it('counts 4xx as successes', async () => {
    const users = client()
    const circuit = breakerOf().attach(users, 'users')
    await send(users, '/status/500')
    await send(users, '/status/404')
    await send(users, '/status/500')
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 1 })
  })

  it('overrides the defaults of its breaker, one option at a time', async () => {
    const breaker = breakerOf({ threshold: 1 })
    const patient = client()
    const hasty = client()
    breaker.attach(patient, 'patient', { threshold: 3 })
    breaker.attach(hasty, 'hasty')
    await send(patient, '/status/500', 2)
    await send(hasty, '/status/500')
    expect(breaker.circuit('patient')?.state).toBe('closed')
    expect(breaker.circuit('hasty')?.state).toBe('opened')
    expect(breaker.circuit('hasty')?.retryAfter).toBeGreaterThan(59)
  })

  it('lets as many probes through as it has permits, and the first answer decides', async () => {
    const users = client()
    const circuit = breakerOf({ ttl: 0.02, permits: 3 }).attach(users, 'users')
    await send(users, '/status/500', 2)
    await until('the ttl has passed', () => circuit.state === 'half-opened')
    const requests = Array.from({ length: 10 }, () => send(users, '/hold'))
    await until('three probes have arrived', () => upstream.held.length === 3)
    upstream.release(200)
    await until('the circuit is closed', () => circuit.state === 'closed')
    upstream.release(500)
    upstream.release(500)
    const results = (await Promise.all(requests)).flat()
    expect(results.filter((result) => result === 'ERR_CIRCUIT_OPENED')).toHaveLength(7)
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 0 })
  })
})

describe('several instances', () => {
  it('share one circuit by its name', async () => {
    const breaker = breakerOf()
    const [reader, writer] = [client(), client()]
    const circuit = breaker.attach(reader, 'users')
    expect(breaker.attach(writer, 'users')).toBe(circuit)
    await send(reader, '/status/500')
    await send(writer, '/status/500')
    expect(await send(reader, '/')).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(await send(writer, '/')).toEqual(['ERR_CIRCUIT_OPENED'])
  })

  it('with names of their own have circuits of their own', async () => {
    const breaker = breakerOf()
    const [users, orders] = [client(), client()]
    breaker.attach(users, 'users')
    breaker.attach(orders, 'orders')
    await send(users, '/status/500', 2)
    expect(await send(users, '/')).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(await send(orders, '/')).toEqual([200])
  })

  it('attached twice count once', async () => {
    const breaker = breakerOf()
    const users = client()
    const circuit = breaker.attach(users, 'users')
    breaker.attach(users, 'users')
    await send(users, '/status/500')
    expect(circuit.failureCount).toBe(1)
  })

  it('made from an attached one are not guarded', async () => {
    const users = client()
    const circuit = breakerOf({ threshold: 1 }).attach(users, 'users')
    await send(users, '/status/500')
    const child = axios.create({ ...users.defaults, baseURL: upstream.origin })
    expect(circuit.state).toBe('opened')
    expect(await send(child, '/')).toEqual([200])
  })
})

describe('two breakers on one instance', () => {
  it('count each for itself, and the stricter refuses', async () => {
    const users = client()
    const strict = breakerOf({ threshold: 1 }).attach(users, 'users')
    const patient = breakerOf({ threshold: 3 }).attach(users, 'users')
    await send(users, '/status/500')
    expect(strict).toMatchObject({ state: 'opened', failureCount: 1 })
    expect(patient).toMatchObject({ state: 'closed', failureCount: 1 })
    expect(await send(users, '/')).toEqual(['ERR_CIRCUIT_OPENED'])
  })

  it.each(['inner', 'outer'])(
    'do not count a refusal of the %s one as a failure',
    async (which) => {
      const users = client()
      const strict = () => breakerOf({ threshold: 1 }).attach(users, 'strict')
      const patient = () => breakerOf({ threshold: 9 }).attach(users, 'patient')
      const circuits =
        which === 'inner' ? [strict(), patient()] : [patient(), strict()].toReversed()
      await send(users, '/status/500')
      await send(users, '/', 5)
      expect(circuits[0]).toMatchObject({ name: 'strict', state: 'opened' })
      expect(circuits[1]).toMatchObject({ name: 'patient', failureCount: 1 })
    },
  )
})

it("do not count another breaker's missing init() as a failure", async () => {
  const users = client()
  new CircuitBreaker({ storage: new MemoryStorage() }).attach(users, 'users')
  const outer = breakerOf({ threshold: 3 }).attach(users, 'users')
  expect(await send(users, '/', 3)).toEqual(Array(3).fill('ERR_NOT_INITIALIZED'))
  expect(outer.failureCount).toBe(0)
})

describe('a request with circuitBreaker: false', () => {
  it('is neither refused nor counted', async () => {
    const users = client()
    const circuit = breakerOf({ threshold: 1 }).attach(users, 'users')
    await users.get('/status/500', { circuitBreaker: false }).catch(() => undefined)
    expect(circuit.failureCount).toBe(0)
    await send(users, '/status/500')
    expect((await users.get('/', { circuitBreaker: false })).status).toBe(200)
    expect(circuit.state).toBe('opened')
  })

  it('may be the default of an instance, and true guards one request again', async () => {
    const users = axios.create({ baseURL: upstream.origin, circuitBreaker: false })
    const circuit = breakerOf().attach(users, 'users')
    await send(users, '/status/500', 3)
    expect(circuit.failureCount).toBe(0)
    await users.get('/status/500', { circuitBreaker: true }).catch(() => undefined)
    expect(circuit.failureCount).toBe(1)
  })
})

describe('detach', () => {
  it('takes the circuit off all its instances, and out of the breaker', async () => {
    const breaker = breakerOf({ threshold: 1, fallback: () => 'instead' })
    const [reader, writer] = [client(), client()]
    const circuit = breaker.attach(reader, 'users')
    breaker.attach(writer, 'users')
    await send(reader, '/status/500')
    circuit.detach()
    circuit.detach()
    expect(await send(reader, '/')).toEqual([200])
    expect(await send(writer, '/')).toEqual([200])
    expect(breaker.circuits).toEqual([])
    expect(breaker.circuit('users')).toBeUndefined()
  })

  it('lets requests in flight record their outcome', async () => {
    const users = client()
    const circuit = breakerOf().attach(users, 'users')
    const late = send(users, '/hold')
    await until('the request has arrived', () => upstream.held.length > 0)
    circuit.detach()
    upstream.release(500)
    await late
    expect(circuit.failureCount).toBe(1)
  })

  it('publishes nothing more of the circuit, since another one may have its name', async () => {
    const users = client()
    const breaker = breakerOf({ threshold: 1 })
    const circuit = breaker.attach(users, 'users')
    const late = send(users, '/hold')
    await until('the request has arrived', () => upstream.held.length > 0)
    const events: unknown[] = []
    for (const name of ['failed', 'stateChanged', 'attempted', 'created'] as const) {
      breaker.on(name, () => events.push(name))
    }
    circuit.detach()
    const next = breaker.attach(users, 'users')
    upstream.release(500)
    await late
    expect(circuit.state).toBe('opened')
    expect(next.state).toBe('closed')
    expect(events).toEqual(['created'])
  })

  it('refuses no request that has made a listener detach the circuit', async () => {
    const users = client()
    const clock = new TestClock()
    const breaker = breakerOf({ threshold: 1, slowAfter: 1, now: clock.now })
    const circuit = breaker.attach(users, 'users')
    breaker.on('stateChanged', () => circuit.detach())
    const slow = send(users, '/hold')
    await until('the request has arrived', () => upstream.held.length > 0)
    clock.advance(2)
    expect(await send(users, '/status/200')).toEqual([200])
    expect(breaker.circuits).toEqual([])
    upstream.release(200)
    expect(await slow).toEqual([200])
  })

  it('refuses no request that waits in an interceptor', async () => {
    const users = client()
    const breaker = breakerOf({ threshold: 1 })
    const circuit = breaker.attach(users, 'users')
    await send(users, '/status/500')
    const rejected = jest.fn()
    breaker.on('rejected', rejected)
    let go: (() => void) | undefined
    users.interceptors.request.use(async (config) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      return config
    })
    const waiting = send(users, '/status/200')
    await until('the request waits', () => go !== undefined)
    circuit.detach()
    go?.()
    expect(await waiting).toEqual([200])
    expect(rejected).not.toHaveBeenCalled()
  })

  it('leaves the name free for a new circuit, which begins anew', async () => {
    const breaker = breakerOf({ threshold: 1 })
    const users = client()
    const first = breaker.attach(users, 'users')
    await send(users, '/status/500')
    first.detach()
    const second = breaker.attach(users, 'users')
    first.detach()
    expect(second).not.toBe(first)
    expect(await send(users, '/')).toEqual([200])
    expect(breaker.circuits).toEqual([second])
  })

  it('removes nothing of others, whatever was cleared in between', async () => {
    const users = client()
    const circuit = breakerOf().attach(users, 'users')
    users.interceptors.request.clear()
    const seen: unknown[] = []
    users.interceptors.request.use((config) => {
      seen.push(config.url)
      return config
    })
    circuit.detach()
    await send(users, '/')
    expect(seen).toEqual(['/'])
  })
})

it('looks circuits up by name, and lists them in their order', () => {
  const breaker = breakerOf()
  const circuits = ['b', 'a', 'c'].map((name) => breaker.attach(client(), name))
  expect(breaker.circuits).toEqual(circuits)
  expect(breaker.circuit('a')).toBe(circuits[1])
  expect(breaker.circuit('nobody')).toBeUndefined()
})

it('has init, flush and close, which may be called in any order and again', async () => {
  const breaker = breakerOf()
  await breaker.close()
  await Promise.all([breaker.init(), breaker.init(), breaker.flush(), breaker.flush()])
  await breaker.close()
  const users = client()
  breaker.attach(users, 'users')
  expect(await send(users, '/')).toEqual([200])
})

it('guards an instance once, however often it is attached, and says once that a circuit was created', () => {
  const breaker = breakerOf()
  const created = jest.fn()
  breaker.on('created', created)
  const users = client()
  const use = jest.spyOn(users.interceptors.request, 'use')
  breaker.attach(users, 'users')
  breaker.attach(users, 'users')
  breaker.attach(client(), 'users')
  expect(use).toHaveBeenCalledTimes(1)
  expect(created.mock.calls).toEqual([[{ circuit: 'users' }]])
})

it('keeps the circuit if a further instance refuses it', async () => {
  const breaker = breakerOf({ threshold: 1 })
  const users = client()
  const circuit = breaker.attach(users, 'users')
  await send(users, '/status/500')
  const fail = (): never => {
    throw new Error('frozen')
  }
  const frozen = { interceptors: { request: { use: fail }, response: { use: fail } } }
  expect(() => breaker.attach(frozen as never, 'users')).toThrow('frozen')
  const abort = new AbortController()
  const ready = circuit.ready({ signal: abort.signal })
  abort.abort(new Error('still opened'))
  await expect(ready).rejects.toThrow('still opened')
})

it.each<[string, unknown, string]>([
  [
    'a signal alone',
    new AbortController().signal,
    'an object with some of signal, given an object',
  ],
  ['a controller', { signal: new AbortController() }, 'an AbortSignal, given an object'],
  ['another option', { timeout: 5 }, 'an object with some of signal, given "timeout"'],
  ['null', null, 'an object with some of signal, given null'],
])('waits for nothing if it is given %s', async (_what, options, expected) => {
  const circuit = breakerOf().attach(client(), 'users')
  const error = await circuit.ready(options as never).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error).toMatchObject({
    message: expect.stringContaining('Invalid options for circuit.ready() of circuit "users"'),
  })
  expect(error).toMatchObject({ message: expect.stringContaining(`Expected ${expected}`) })
})

it('lets others go on if one who waited sends nothing, however often somebody asks', async () => {
  const clock = new TestClock()
  const users = client()
  const circuit = breakerOf({ threshold: 1, ttl: 10, now: clock.now }).attach(users, 'users')
  circuit.report('failure')
  clock.advance(11)
  await circuit.ready()
  let asked = 0
  const asking = setInterval(() => {
    asked += 1
    circuit.ready({ signal: AbortSignal.timeout(60) }).catch(() => undefined)
  }, 20)
  await circuit.ready({ signal: AbortSignal.timeout(5000) })
  clearInterval(asking)
  expect(asked).toBeGreaterThan(0)
})

it('wakes those who wait once a slow probe of an earlier round has ended', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] })
  const clock = new TestClock()
  const ends: ((error: Error) => void)[] = []
  const adapter = () => new Promise<never>((_resolve, reject) => void ends.push(reject))
  const users = axios.create({ adapter })
  const breaker = breakerOf({ threshold: 1, ttl: 10, slowAfter: 1, now: clock.now })
  const circuit = breaker.attach(users, 'users')
  circuit.report('failure')
  clock.advance(11)
  void users.get('/').catch(() => undefined)
  await new Promise((resolve) => process.nextTick(resolve))
  expect(ends).toHaveLength(1)
  clock.advance(2)
  expect(circuit).toMatchObject({ state: 'opened', round: 2 })
  clock.advance(11)
  const isReady = jest.fn()
  void circuit.ready().then(isReady)
  await new Promise((resolve) => process.nextTick(resolve))
  expect(isReady).not.toHaveBeenCalled()
  ends[0]?.(new Error('down'))
  await new Promise((resolve) => process.nextTick(resolve))
  expect(isReady).toHaveBeenCalled()
  jest.useRealTimers()
})
