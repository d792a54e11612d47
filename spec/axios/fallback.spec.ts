/** The user's own functions: `fallback` answers a refusal, and `outcome` replaces the default rule. */
import axios, { AxiosHeaders, type AxiosInstance } from 'axios'
import { CircuitBreaker, OpenedStateError, type CircuitOptions } from '../../lib/index.js'
import { ORDERS } from '../support/plugin-harness.js'
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

function attached(options: CircuitOptions) {
  const users = axios.create({ baseURL: upstream.origin })
  const circuit = new CircuitBreaker({ threshold: 1, ttl: 60 }).attach(users, 'users', options)
  const fail = () => users.get('/status/500').catch(() => undefined)
  return { users, circuit, fail }
}

const broken = (): never => {
  throw new Error('of the user')
}
const pending = (): Promise<never> => new Promise(() => undefined)

describe('a fallback', () => {
  it('is not called once its circuit is detached', async () => {
    const { users, circuit } = attached({ fallback: () => 'an answer' })
    const refusal = new OpenedStateError(
      'users',
      { state: 'opened', retryAfter: 1 },
      {
        headers: new AxiosHeaders(),
      },
    )
    const get = () => users.get('/', { adapter: () => Promise.reject(refusal) })
    expect((await get()).data).toBe('an answer')
    circuit.detach()
    await expect(get()).rejects.toBe(refusal)
  })

  it.each<[string, () => unknown, unknown]>([
    ['data', () => ({ name: 'nobody' }), { name: 'nobody' }],
    ['a promise of data', async () => [1, 2], [1, 2]],
    ['nothing', () => undefined, undefined],
    ['null', () => null, null],
  ])('answers with %s', async (_what, fallback, data) => {
    const { users, circuit, fail } = attached({ fallback })
    await fail()
    const response = await users.get('/')
    expect(response).toMatchObject({ status: 200, statusText: 'OK' })
    expect(response.data).toEqual(data)
    expect(response.config.url).toBe('/')
    expect(circuit).toMatchObject({ state: 'opened', failureCount: 1 })
  })

  it('answers with a whole response', async () => {
    const { users, fail } = attached({
      fallback: (_error, config) => ({
        data: 'stale',
        status: 203,
        statusText: 'Non-Authoritative Information',
        headers: { age: '60' },
        config,
      }),
    })
    await fail()
    expect(await users.get('/')).toMatchObject({
      data: 'stale',
      status: 203,
      headers: { age: '60' },
    })
  })

  it('gets the refusal and the request', async () => {
    const fallback = jest.fn(() => 'instead')
    const { users, fail } = attached({ fallback })
    await fail()
    await users.get('/naruto')
    const expected = [expect.any(OpenedStateError), expect.objectContaining({ url: '/naruto' })]
    expect(fallback.mock.calls).toEqual([expected])
  })

  it('is not called for any other error, nor for the refusal of another circuit', async () => {
    const fallback = jest.fn()
    const { users } = attached({ fallback, threshold: 9 })
    const other = axios.create({ baseURL: upstream.origin })
    new CircuitBreaker({ threshold: 1 }).attach(other, 'other')
    await other.get('/status/500').catch(() => undefined)
    users.interceptors.request.use(async (config) => {
      await other.get('/')
      return config
    })
    await expect(users.get('/')).rejects.toMatchObject({ circuit: 'other' })
    expect(fallback).not.toHaveBeenCalled()
  })

  it.each([
    ['throws', broken],
    ['rejects', async () => broken()],
  ])('that %s gives its error to its own caller, and to no other', async (_what, fallback) => {
    const { users, circuit, fail } = attached({ fallback })
    await fail()
    await expect(users.get('/')).rejects.toThrow('of the user')
    expect((await users.get('/', { circuitBreaker: false })).status).toBe(200)
    expect(circuit).toMatchObject({ state: 'opened', failureCount: 1 })
  })

  it('that gives the refusal to its caller is called once', async () => {
    const fallback = jest.fn((refusal: OpenedStateError) => Promise.reject(refusal))
    const { users, fail } = attached({ fallback })
    users.interceptors.response.use((response) => response)
    await fail()
    await expect(users.get('/')).rejects.toBeInstanceOf(OpenedStateError)
    expect(fallback).toHaveBeenCalledTimes(1)
  })

  it('that never ends delays only its own caller', async () => {
    const { users, circuit, fail } = attached({ fallback: pending, ttl: 0.2 })
    await fail()
    let settled = false
    users
      .get('/')
      .finally(() => (settled = true))
      .catch(() => undefined)
    await until('the ttl has passed', () => circuit.state === 'half-opened')
    expect((await users.get('/status/200')).status).toBe(200)
    expect(circuit.state).toBe('closed')
    expect(settled).toBe(false)
  })
})

/** As apps do it: callers get the data, and errors of the app. */
class AppError extends Error {}
const unwrap = ({ interceptors }: AxiosInstance): void => {
  interceptors.response.use(
    ({ data }) => data,
    (cause) => {
      throw new AppError('of the app', { cause })
    },
  )
}

describe.each(ORDERS)('a fallback %s an interceptor that unwraps answers and errors', (order) => {
  async function unwrapped(fallback: NonNullable<CircuitOptions['fallback']>) {
    const users = axios.create({ baseURL: upstream.origin })
    const breaker = new CircuitBreaker()
    if (order === 'attached after') unwrap(users)
    const circuit = breaker.attach(users, 'users', { fallback })
    if (order === 'attached before') unwrap(users)
    await circuit.force('opened')
    return { users, circuit }
  }

  it('answers as the service does', async () => {
    const { users } = await unwrapped(() => ({ name: 'nobody' }))
    expect(await users.get('/')).toEqual({ name: 'nobody' })
  })

  it('answers with a whole response as the service does', async () => {
    const { users } = await unwrapped((_error, config) => ({
      data: 'stale',
      status: 200,
      statusText: 'OK',
      headers: {},
      config,
    }))
    expect(await users.get('/')).toBe('stale')
  })

  it('answers with what it asks the same instance for', async () => {
    const { users } = await unwrapped((_error, config) =>
      users.get('/status/200', { ...config, url: '/status/200', circuitBreaker: false }),
    )
    expect(await users.get('/')).toEqual({ status: 200 })
  })

  it('fails as the service does', async () => {
    const { users } = await unwrapped(broken)
    const expected = { message: 'of the app', cause: { message: 'of the user' } }
    await expect(users.get('/')).rejects.toMatchObject(expected)
  })

  it('leaves no trace on the instance once it is detached', async () => {
    const { users, circuit } = await unwrapped(() => 'instead')
    circuit.detach()
    expect(await users.get('/status/200')).toEqual({ status: 200 })
    expect(Object.hasOwn(users.interceptors.response, 'forEach')).toBe(false)
  })

  it('is gone after response.clear(), until it is attached again', async () => {
    const { users, circuit } = await unwrapped(() => 'instead')
    users.interceptors.response.clear()
    unwrap(users)
    await expect(users.get('/')).rejects.toBeInstanceOf(AppError)
    circuit.detach()
    const again = new CircuitBreaker().attach(users, 'users', { fallback: () => 'again' })
    await again.force('opened')
    expect(await users.get('/')).toBe('again')
  })
})

it('each of two fallbacks on one instance answers for its own circuit', async () => {
  const users = axios.create({ baseURL: upstream.origin })
  const attach = (name: string) =>
    new CircuitBreaker().attach(users, name, { fallback: ({ circuit }) => circuit })
  const first = attach('first')
  unwrap(users)
  const second = attach('second')
  await first.force('opened')
  expect(await users.get('/')).toBe('first')
  await first.unforce()
  await second.force('opened')
  expect(await users.get('/')).toBe('second')
  second.detach()
  await first.force('opened')
  expect(await users.get('/')).toBe('first')
})

describe('an outcome function', () => {
  it('overrides the rule, both ways', async () => {
    const { users, circuit } = attached({
      threshold: 9,
      outcome: ({ response, error }) => {
        if (response?.status === 429) return 'failure'
        if (response?.status === 501) return 'success'
        return error ? 'ignored' : undefined
      },
    })
    await users.get('/status/429').catch(() => undefined)
    expect(circuit.failureCount).toBe(1)
    await users.get('/status/500').catch(() => undefined)
    expect(circuit.failureCount).toBe(1)
    await users.get('/status/501').catch(() => undefined)
    expect(circuit.failureCount).toBe(0)
  })

  it('is called once per attempt, with what is known about it', async () => {
    const outcome = jest.fn(() => undefined)
    const { users } = attached({ threshold: 9, outcome })
    await users.get('/status/200')
    await users.get('/reset').catch(() => undefined)
    await users.get('/status/503').catch(() => undefined)
    const config = expect.objectContaining({ baseURL: upstream.origin })
    expect(outcome.mock.calls).toEqual([
      [{ config, response: expect.objectContaining({ status: 200 }) }],
      [{ config, error: expect.objectContaining({ code: 'ECONNRESET' }) }],
      [{ config, response: expect.objectContaining({ status: 503 }), error: expect.anything() }],
    ])
  })

  it.each<[string, () => unknown]>([
    ['throws', broken],
    ['rejects', async () => broken()],
    ['takes for ever', pending],
    ['answers in other words', () => 'FAILURE'],
  ])('that %s leaves it to the rule, and is logged once', async (_what, outcome) => {
    const { users, circuit } = attached({ threshold: 2, outcome: outcome as () => undefined })
    expect((await users.get('/status/200')).status).toBe(200)
    await expect(users.get('/status/500')).rejects.toMatchObject({ response: { status: 500 } })
    await expect(users.get('/status/500')).rejects.toMatchObject({ response: { status: 500 } })
    expect(circuit).toMatchObject({ state: 'opened', failureCount: 2 })
    expect(consoleErrors).toHaveBeenCalledTimes(1)
    expect(consoleErrors).toHaveBeenCalledWith(
      expect.stringContaining('An "outcome" function failed'),
    )
  })
})

it('completes a response that lacks the config, on which other interceptors rely', async () => {
  const answer = Object.freeze({ data: 'x', status: 203, headers: {} })
  const { users, fail } = attached({ fallback: () => answer })
  await fail()
  const response = await users.get('/', { params: { id: 1 } })
  expect(response).toMatchObject({ ...answer, config: { params: { id: 1 } } })
})

it.each([
  { data: 'x', status: 203 },
  { data: 'x', headers: {} },
  { status: 203, headers: {} },
])('takes %p, which is only part of a response, for data', async (part) => {
  const { users, fail } = attached({ fallback: () => part })
  await fail()
  expect(await users.get('/')).toMatchObject({ status: 200, data: part })
})

it('detach removes its fallback and nothing else, whatever was cleared in between', async () => {
  const { users, circuit } = attached({ fallback: () => 'instead' })
  users.interceptors.response.clear()
  users.interceptors.response.use((response) => ({ ...response, data: 'seen' }))
  circuit.detach()
  expect((await users.get('/status/200')).data).toBe('seen')
})
