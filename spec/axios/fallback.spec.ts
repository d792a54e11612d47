/** The user's own functions: `fallback` answers a refusal, and `outcome` replaces the default rule. */
import axios, { AxiosHeaders } from 'axios'
import { CircuitBreaker, OpenedStateError, type CircuitOptions } from '../../lib/index.js'
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
