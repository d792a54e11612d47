/** Results that axios cannot see. `circuit/model` and `storage/alike` have random sequences of them. */
import axios, { type AxiosInstance } from 'axios'
import {
  CircuitBreaker,
  ConfigError,
  OpenedStateError,
  type CircuitOptions,
} from '../../lib/index.js'
import { MemoryStorage, TestClock } from '../../lib/testing/index.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

const EVENTS = ['stateChanged', 'failed', 'recovered', 'attempted', 'rejected'] as const

let upstream: Upstream
let clock: TestClock
beforeEach(async () => {
  upstream = await Upstream.start()
  clock = new TestClock()
})
afterEach(() => upstream.stop())

function guarded(options: CircuitOptions = {}) {
  const users = axios.create({ baseURL: upstream.origin })
  const breaker = new CircuitBreaker({ now: clock.now })
  const circuit = breaker.attach(users, 'users', { threshold: 2, ttl: 10, ...options })
  const events: object[] = []
  for (const name of EVENTS) breaker.on(name, (event) => events.push({ name, ...event }))
  return { users, breaker, circuit, events }
}

async function fail(users: AxiosInstance): Promise<void> {
  await users.get('/status/503').catch(() => undefined)
}

it('counts with the results of requests, and opens the circuit', async () => {
  const { users, circuit, events } = guarded()
  await fail(users)
  events.length = 0
  circuit.report('failure')
  expect(circuit).toMatchObject({ state: 'opened', failureCount: 2, lastFailure: {} })
  expect(events).toEqual([
    { name: 'failed', circuit: 'users', failureCount: 2 },
    expect.objectContaining({
      name: 'stateChanged',
      to: 'opened',
      cause: 'streak',
      retryAfter: 10,
    }),
  ])
  await expect(users.get('/')).rejects.toBeInstanceOf(OpenedStateError)
})

it('ends a series of failures, and is no attempt', async () => {
  const { users, circuit, events } = guarded()
  await fail(users)
  events.length = 0
  circuit.report('success')
  circuit.report('success')
  expect(circuit.failureCount).toBe(0)
  expect(events).toEqual([{ name: 'recovered', circuit: 'users' }])
})

it('is in the window of the rate', () => {
  const failureRate = { threshold: 0.5, minimumRequests: 4 }
  const { circuit, events } = guarded({ threshold: false, failureRate })
  for (const outcome of ['success', 'failure', 'success'] as const) circuit.report(outcome)
  expect(circuit.failureRate).toEqual({ requests: 3, failures: 1, rate: 1 / 3 })
  circuit.report('failure')
  expect(events.at(-1)).toMatchObject({ to: 'opened', cause: 'rate' })
})

it('counts after the attempts that are slow by then', async () => {
  const { users, circuit } = guarded({ slowAfter: 5 })
  const slow = users.get('/hold').catch(() => undefined)
  await until('the request has arrived', () => upstream.held.length === 1)
  clock.advance(6)
  circuit.report('success')
  expect(circuit).toMatchObject({ failureCount: 0, lastFailure: { slow: true } })
  upstream.release(200)
  await slow
})

it('does nothing while the circuit is opened', () => {
  const { circuit, events } = guarded()
  circuit.report('failure')
  circuit.report('failure')
  events.length = 0
  clock.advance(5)
  circuit.report('success')
  circuit.report('failure')
  expect(circuit).toMatchObject({ state: 'opened', retryAfter: 5, round: 1 })
  clock.advance(6)
  circuit.report('success')
  circuit.report('failure')
  expect(circuit).toMatchObject({ state: 'half-opened', round: 1 })
  expect(events).toEqual([])
})

it.each([
  [200, 'closed'],
  [500, 'opened'],
] as const)('leaves the verdict to the probe: %i', async (status, state) => {
  const { users, circuit, events } = guarded({ threshold: 1 })
  circuit.report('failure')
  clock.advance(11)
  const probe = users.get('/hold').catch(() => undefined)
  await until('the probe has arrived', () => upstream.held.length === 1)
  events.length = 0
  circuit.report('success')
  circuit.report('failure')
  expect(circuit.state).toBe('half-opened')
  await expect(users.get('/')).rejects.toMatchObject({ state: 'half-opened' })
  upstream.release(status)
  await probe
  expect(circuit.state).toBe(state)
})

it('does nothing once the circuit is detached, even if another has its name', () => {
  const { users, breaker, circuit, events } = guarded({ threshold: 1 })
  circuit.detach()
  const next = breaker.attach(users, 'users', { threshold: 1, ttl: 10 })
  circuit.report('failure')
  expect([circuit.state, next.state]).toEqual(['closed', 'closed'])
  expect(events).toEqual([])
})

it('does nothing before `init()`, and never throws', async () => {
  const breaker = new CircuitBreaker({ storage: new MemoryStorage(), threshold: 1 })
  const circuit = breaker.attach(axios.create(), 'users')
  circuit.report('failure')
  expect(circuit.state).toBe('closed')
  await breaker.init()
  circuit.report('failure')
  expect(circuit.state).toBe('opened')
  await breaker.close()
  circuit.report('success')
  expect(circuit.state).toBe('opened')
})

it('reaches the circuit through a proxy', () => {
  const { circuit } = guarded()
  new Proxy(circuit, {}).report('failure')
  expect(circuit.failureCount).toBe(1)
})

it.each([undefined, null, true, 'ignored', 'Success', 'hunter2', ['failure'], {}])(
  'refuses %j, also once it is detached, and shows no secret',
  (outcome) => {
    const { circuit } = guarded()
    const report = () => circuit.report(outcome as 'failure')
    const message = /^Invalid report: expected 'success' or 'failure', given (?!.*hunter2)/
    for (let round = 0; round < 2; round += 1) {
      expect(report).toThrow(ConfigError)
      expect(report).toThrow(message)
      circuit.detach()
    }
    expect(circuit.failureCount).toBe(0)
  },
)
