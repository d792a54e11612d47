/** A request before init() rejects with an error that says so, shows no secrets, and works with plugins. */
import { inspect } from 'node:util'
import axios, { AxiosError, type AxiosInstance } from 'axios'
import { setupCache } from 'axios-cache-interceptor'
import axiosRetry from 'axios-retry'
import { CircuitBreaker, NotInitializedError, OpenedStateError } from '../../lib/index.js'
import { RedisStorage } from '../../lib/redis/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { errorOf } from '../support/plugin-harness.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

let upstream: Upstream
let server: RedisServer
let breaker: CircuitBreaker
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
beforeEach(() => {
  upstream.hits = 0
  breaker = new CircuitBreaker({ storage: new RedisStorage({ url: server.url }) })
})
afterEach(() => breaker.close())

const client = () => axios.create({ baseURL: upstream.origin })

function attached(plug: (instance: AxiosInstance) => unknown = () => undefined): AxiosInstance {
  const users = client()
  plug(users)
  breaker.attach(users, 'users')
  return users
}

it('rejects with a NotInitializedError, and is not sent', async () => {
  const events: unknown[] = []
  for (const name of ['failed', 'rejected', 'attempted'] as const) {
    breaker.on(name, (event) => events.push(event))
  }
  const error = await errorOf(attached().get('/'))
  expect(error).toBeInstanceOf(NotInitializedError)
  expect(error).toBeInstanceOf(AxiosError)
  expect(error).not.toBeInstanceOf(OpenedStateError)
  expect(axios.isAxiosError(error)).toBe(true)
  expect(error).toMatchObject({
    name: 'NotInitializedError',
    code: 'ERR_NOT_INITIALIZED',
    circuit: 'users',
    message: 'Call breaker.init() before sending requests (circuit "users" uses a storage)',
  })
  expect(upstream.hits).toBe(0)
  expect(events).toEqual([])
  expect(breaker.circuit('users')).toMatchObject({ state: 'closed', failureCount: 0 })
})

it('shows no header, parameter or body', async () => {
  const users = attached()
  const error = await errorOf(
    users.post('/', { password: 'hunter2' }, { headers: { 'x-key': 'hunter2' }, params: { key: 'hunter2' } }), // prettier-ignore
  )
  for (const text of [JSON.stringify(error), inspect(error, { depth: 9 }), String(error)]) {
    expect(text).toContain('users')
    expect(text).not.toMatch(/hunter2|127\.0\.0\.1/)
  }
  expect(inspect(Object.entries(error as object), { depth: 9 })).not.toContain('hunter2')
  expect(error).toHaveProperty('config.params.key', 'hunter2')
})

it('is sent if it bypasses the circuit, without a storage, and as soon as init() is called', async () => {
  const users = attached()
  expect(await users.get('/', { circuitBreaker: false })).toMatchObject({ status: 200 })
  const plain = client()
  new CircuitBreaker().attach(plain, 'users')
  expect(await plain.get('/')).toMatchObject({ status: 200 })
  const connecting = breaker.init()
  expect(await users.get('/')).toMatchObject({ status: 200 })
  await connecting
  await breaker.close()
  expect(await users.get('/')).toMatchObject({ status: 200 })
})

it('does not use the fallback, which is for outages', async () => {
  const users = client()
  breaker.attach(users, 'users', { fallback: () => 'instead' })
  expect(await errorOf(users.get('/'))).toBeInstanceOf(NotInitializedError)
})

it('is not retried by axios-retry', async () => {
  const onRetry = jest.fn()
  const users = attached((instance) =>
    axiosRetry(instance, { retryCondition: () => true, onRetry }),
  )
  expect(await errorOf(users.get('/'))).toBeInstanceOf(NotInitializedError)
  expect(onRetry).not.toHaveBeenCalled()
  await breaker.init()
  expect(await users.get('/')).toMatchObject({ status: 200 })
})

it('leaves no request hanging in axios-cache-interceptor', async () => {
  const users = attached((instance) => setupCache(instance))
  const get = () => users.get('/status/200')
  const errors = await Promise.all([errorOf(get()), errorOf(get()), errorOf(get())])
  for (const error of errors) expect(error).toBeInstanceOf(NotInitializedError)
  expect(await errorOf(get())).toBeInstanceOf(NotInitializedError)
  await breaker.init()
  expect(await get()).toMatchObject({ status: 200, cached: false })
  expect(await get()).toMatchObject({ status: 200, cached: true })
  expect(upstream.hits).toBe(1)
})
