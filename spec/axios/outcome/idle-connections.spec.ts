/** A connection that the server closed while idle proves nothing. The next connection does. */
import { Agent } from 'node:http'
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker } from '../../../lib/index.js'
import { TestClock } from '../../../lib/testing/index.js'
import { judgementOf } from '../../support/judgement.js'
import { until } from '../../support/until.js'
import { Upstream } from '../../support/upstream.js'

let upstream: Upstream
let httpAgent: Agent
beforeEach(async () => {
  upstream = await Upstream.start({ keepAlive: true })
  httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
})
afterEach(async () => {
  httpAgent.destroy()
  await upstream.stop()
})

const warmUp = (instance: AxiosInstance) => instance.get('/status/200', { circuitBreaker: false })

const defaults = (config: object = {}): object => ({
  baseURL: upstream.origin,
  adapter: 'http',
  httpAgent,
  ...config,
})

describe.each([
  ['that follows redirects', {}],
  ['that follows none', { maxRedirects: 0 }],
])('a request %s', (_what, config) => {
  it.each(['/close', '/reset'])('that uses an earlier connection at %s is ignored', (url) =>
    expect(
      judgementOf(async (instance) => {
        await warmUp(instance)
        await instance.get(url)
      }, defaults(config)),
    ).resolves.toBe('ignored'),
  )

  it.each(['/close', '/reset'])('that has a connection of its own counts at %s', (url) =>
    expect(judgementOf((instance) => instance.get(url), defaults(config))).resolves.toBe('failure'),
  )

  it.each(['/cut', '/cut/404', '/garbage'])(
    'that uses an earlier connection, and gets an answer at %s, counts',
    (url) =>
      expect(
        judgementOf(async (instance) => {
          await warmUp(instance)
          await instance.get(url)
        }, defaults(config)),
      ).resolves.toBe('failure'),
  )
})

it('hands a probe on to the next request', async () => {
  const users = axios.create(defaults())
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 0.02, probeTimeout: 1e6 })
  const circuit = breaker.attach(users, 'users')
  await users.get('/status/500').catch(() => undefined)
  await until('the ttl has passed', () => circuit.state === 'half-opened')
  await warmUp(users)
  await expect(users.get('/close')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(circuit.state).toBe('half-opened')
  await users.get('/status/200')
  expect(circuit.state).toBe('closed')
})

it('opens if a service closes every connection, new ones too', async () => {
  const users = axios.create(defaults())
  const circuit = new CircuitBreaker({ threshold: 3 }).attach(users, 'users')
  await warmUp(users)
  await until('the circuit is opened', async () => {
    await users.get('/close').catch(() => undefined)
    return circuit.state === 'opened'
  })
  expect(upstream.hits).toBe(5)
})

it.each([
  ['is ignored, however long it has waited', {}, 0],
  ['counts if it was slow', { slowAfter: 2 }, 1],
])('a request that was reset on an earlier connection %s', async (_what, options, failures) => {
  const clock = new TestClock()
  const users = axios.create(defaults())
  const breaker = new CircuitBreaker({ ...options, now: clock.now })
  const circuit = breaker.attach(users, 'users')
  await warmUp(users)
  const held = users.get('/hold').catch(() => undefined)
  await until('it has arrived', () => upstream.held.length === 1)
  clock.advance(3)
  upstream.held.shift()?.destroy()
  await held
  expect(circuit.failureCount).toBe(failures)
})
