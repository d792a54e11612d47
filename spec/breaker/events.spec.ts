/** Which events are published, in which order, and that no listener affects anything else. */
import axios from 'axios'
import {
  CircuitBreaker,
  ConfigError,
  type CircuitEvents,
  type CircuitBreakerOptions,
  type EventName,
} from '../../lib/index.js'
import { TestClock } from '../../lib/testing/index.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
let consoleErrors: jest.SpyInstance
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())
beforeEach(() => {
  consoleErrors = jest.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => consoleErrors.mockRestore())

const NAMES: readonly EventName[] = ['created', 'stateChanged', 'failed', 'recovered', 'rejected']

function attached(options: CircuitBreakerOptions = {}) {
  const breaker = new CircuitBreaker({ threshold: 2, ttl: 0.02, ...options })
  const told: [EventName, unknown][] = []
  for (const name of NAMES) breaker.on(name, (event) => void told.push([name, event]))
  const users = axios.create({ baseURL: upstream.origin })
  const circuit = breaker.attach(users, 'users')
  const request = (path: string) => users.get(path).then(({ status }) => status, String)
  return { breaker, told, circuit, request }
}

it('publishes what happens to a circuit in order', async () => {
  const clock = new TestClock()
  const { told, request } = attached({ now: clock.now })
  await request('/status/500')
  await request('/reset')
  await request('/status/200')
  clock.advance(0.02)
  await request('/status/503')
  clock.advance(0.02)
  await request('/status/404')
  const moved = (from: string, to: string, opening: object = {}) => [
    'stateChanged',
    { circuit: 'users', from, to, origin: 'local', ...opening },
  ]
  const retryAfter = 0.02
  const failed = (failureCount: number, status: number) => [
    'failed',
    { circuit: 'users', failureCount, code: 'ERR_BAD_RESPONSE', status },
  ]
  expect(told).toEqual([
    ['created', { circuit: 'users' }],
    failed(1, 500),
    ['failed', { circuit: 'users', failureCount: 2, code: 'ECONNRESET' }],
    moved('closed', 'opened', { cause: 'streak', round: 1, retryAfter }),
    ['rejected', { circuit: 'users', state: 'opened', retryAfter: expect.any(Number) }],
    moved('opened', 'half-opened'),
    failed(2, 503),
    moved('half-opened', 'opened', { cause: 'probe', round: 2, retryAfter }),
    moved('opened', 'half-opened'),
    ['recovered', { circuit: 'users' }],
    moved('half-opened', 'closed'),
  ])
})

it('publishes that a series of failures has ended, and nothing for further successes', async () => {
  const { told, request } = attached()
  await request('/status/200')
  await request('/status/500')
  await request('/status/200')
  await request('/status/200')
  expect(told.map(([name]) => name)).toEqual(['created', 'failed', 'recovered'])
})

it('shows nothing of the request or the answer', async () => {
  const { told, request } = attached({ threshold: 1 })
  await request('/status/500?token=hunter2')
  await request('/status/500?token=hunter2')
  expect(JSON.stringify(told)).not.toMatch(/hunter2|http|127\.0\.0\.1/)
})

it('publishes each attempt that was sent, counted or not, and none that was refused', async () => {
  const { breaker, circuit, request } = attached({ threshold: 1 })
  const attempts: CircuitEvents['attempted'][] = []
  breaker.on('attempted', (attempt) => void attempts.push(attempt))
  await request('/status/404')
  await request('/status/503')
  await request('/status/200')
  await until('the ttl has passed', () => circuit.state === 'half-opened')
  await request('/reset')
  const attempt = { circuit: 'users', method: 'get', probe: false, duration: expect.any(Number) }
  expect(attempts).toEqual([
    { ...attempt, outcome: 'success', code: 'ERR_BAD_REQUEST', status: 404 },
    { ...attempt, outcome: 'failure', code: 'ERR_BAD_RESPONSE', status: 503 },
    { ...attempt, outcome: 'failure', code: 'ECONNRESET', probe: true },
  ])
  for (const { duration } of attempts) expect(duration).toBeGreaterThan(0)
})

it('distinguishes ordinary requests from probes after the first transitions too', async () => {
  const { breaker, circuit, request } = attached({ threshold: 1 })
  const probes: boolean[] = []
  breaker.on('attempted', ({ probe }) => void probes.push(probe))
  await request('/status/503')
  await until('the ttl has passed', () => circuit.state === 'half-opened')
  await request('/status/200')
  await request('/status/200')
  expect(probes).toEqual([false, true, false])
})

it('does not publish an ignored result as a recovery', async () => {
  const { told, request } = attached({
    outcome: ({ response }) => (response?.status === 204 ? 'ignored' : undefined),
  })
  await request('/status/503')
  await request('/status/204')
  expect(told.map(([name]) => name)).toEqual(['created', 'failed'])
  await request('/status/200')
  expect(told.map(([name]) => name)).toEqual(['created', 'failed', 'recovered'])
})

it('publishes once that a circuit was detached', () => {
  const { breaker, circuit } = attached()
  const told: unknown[] = []
  breaker.on('detached', (event) => void told.push(event))
  circuit.detach()
  circuit.detach()
  expect(told).toEqual([{ circuit: 'users' }])
})

describe('a listener', () => {
  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['rejects', async () => fail()],
    // oxlint-disable unicorn/no-thenable -- promises of other libraries are such objects
    [
      'rejects with a promise of another kind',
      () => ({ then: (_: unknown, no: () => void) => no() }),
    ],
    ['throws on inspection', () => Object.defineProperty({}, 'then', { get: fail })],
    // oxlint-enable unicorn/no-thenable
    ['takes for ever', () => new Promise(() => undefined)],
  ])('that %s changes no state, no result and no other listener', async (_what, listener) => {
    const breaker = new CircuitBreaker({ threshold: 2, ttl: 60 })
    const told: EventName[] = []
    for (const name of NAMES) {
      breaker.on(name, listener)
      breaker.on(name, () => void told.push(name))
    }
    const users = axios.create({ baseURL: upstream.origin })
    const circuit = breaker.attach(users, 'users')
    expect((await users.get('/status/200')).status).toBe(200)
    for (const _ of [1, 2]) {
      await expect(users.get('/status/500')).rejects.toMatchObject({ response: { status: 500 } })
    }
    await expect(users.get('/')).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPENED' })
    expect(circuit.state).toBe('opened')
    expect(told).toEqual(['created', 'failed', 'failed', 'stateChanged', 'rejected'])
  })

  it('that throws is logged once, by its stack alone', async () => {
    const { breaker, request } = attached()
    breaker.on('failed', function named() {
      fail()
    })
    await request('/status/500')
    await request('/status/500')
    expect(consoleErrors).toHaveBeenCalledTimes(1)
    expect(consoleErrors).toHaveBeenCalledWith(expect.stringContaining('A "failed" listener threw'))
    expect(consoleErrors).toHaveBeenCalledWith(expect.stringContaining('of the listener'))
  })

  it('that throws affects nothing else, even if the console throws', async () => {
    consoleErrors.mockImplementation(fail)
    const { breaker, told, circuit, request } = attached()
    breaker.on('failed', fail)
    breaker.on('failed', () => fail())
    await request('/status/500')
    expect(await request('/status/200')).toBe(200)
    expect(circuit.failureCount).toBe(0)
    expect(told.at(-1)?.[0]).toBe('recovered')
  })

  it('is not called once it is unsubscribed, which may be done twice', async () => {
    const { breaker, request } = attached()
    const listener = jest.fn()
    const other = jest.fn()
    const unsubscribe = breaker.on('failed', listener)
    breaker.on('failed', other)
    unsubscribe()
    unsubscribe()
    await request('/status/500')
    expect(listener).not.toHaveBeenCalled()
    expect(other).toHaveBeenCalledTimes(1)
  })

  it('is not called for events that waited when it was unsubscribed', async () => {
    const breaker = new CircuitBreaker()
    const circuit = breaker.attach(axios.create(), 'users', { threshold: 2000 })
    const [listener, other] = [jest.fn(), jest.fn()]
    const unsubscribe = breaker.on('failed', listener)
    breaker.on('failed', other)
    for (let i = 0; i < 1200; i += 1) circuit.report('failure')
    expect(listener).toHaveBeenCalledTimes(1000)
    unsubscribe()
    await until('all are delivered', () => other.mock.calls.length === 1200)
    expect(listener).toHaveBeenCalledTimes(1000)
  })

  it('that is subscribed twice is called twice, and each subscription ends alone', async () => {
    const { breaker, request } = attached({ threshold: 9 })
    const listener = jest.fn()
    const unsubscribe = breaker.on('failed', listener)
    breaker.on('failed', listener)
    await request('/status/500')
    unsubscribe()
    await request('/status/500')
    expect(listener).toHaveBeenCalledTimes(3)
  })

  it('may subscribe, unsubscribe and detach while it is called', async () => {
    const { breaker, circuit, request } = attached()
    const late = jest.fn()
    const unsubscribe = breaker.on('failed', () => {
      unsubscribe()
      breaker.on('failed', late)
      circuit.detach()
    })
    await request('/status/500')
    expect(late).not.toHaveBeenCalled()
    expect(await request('/status/200')).toBe(200)
    expect(breaker.circuits).toEqual([])
  })

  it('sees events in the same order as others, even if another listener causes some', () => {
    const breaker = new CircuitBreaker()
    const seen: string[] = []
    breaker.on('created', ({ circuit }) => {
      seen.push(`first ${circuit}`)
      if (circuit === 'one') breaker.attach(axios.create(), 'two')
    })
    breaker.on('created', ({ circuit }) => void seen.push(`second ${circuit}`))
    breaker.attach(axios.create(), 'one')
    expect(seen).toEqual(['first one', 'second one', 'first two', 'second two'])
  })

  it.each([
    ['no event', () => listen('open', () => 0), 'expected one of attempted, created'],
    ['an inherited name', () => listen('toString', () => 0), 'given "toString"'],
    ['no function', () => listen('failed', 'log'), 'expected a function, given a string'],
    ['nothing', () => listen('failed', undefined), 'expected a function, given undefined'],
  ])('is refused for %s', (_what, subscribe, expected) => {
    expect(subscribe).toThrow(ConfigError)
    expect(subscribe).toThrow(expected)
  })
})

it.each([
  ['a bigint', 5n],
  ['a symbol', Symbol('failed')],
  ['null', null],
  ['an array', ['failed']],
  ['an object', cyclic()],
])('refuses %s as an event', (kind, name) => {
  const subscribe = () => listen(name as unknown as EventName, () => 0)
  expect(subscribe).toThrow(ConfigError)
  expect(subscribe).toThrow(`given ${kind}`)
})

function cyclic(): object {
  const self: Record<string, unknown> = {}
  return Object.assign(self, { self, toString: fail })
}

function listen(name: string, listener: unknown): void {
  new CircuitBreaker().on(name as EventName, listener as (event: CircuitEvents[EventName]) => void)
}

function fail(): never {
  throw new Error('of the listener')
}

it('logs an asynchronous listener that rejects, once', async () => {
  const { breaker, request } = attached()
  breaker.on('failed', async () => fail())
  await request('/status/500')
  await request('/status/500')
  await until('it is complained of', () => consoleErrors.mock.calls.length > 0)
  expect(consoleErrors).toHaveBeenCalledTimes(1)
  expect(consoleErrors).toHaveBeenCalledWith(expect.stringContaining('A "failed" listener threw'))
})
