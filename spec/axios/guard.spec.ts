/** The guard's promises: one admission and one record for each attempt, and no trace of itself afterwards. */
import axios, {
  getAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios'
import { CircuitBreaker, OpenedStateError, type CircuitOptions } from '../../lib/index.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeEach(async () => {
  upstream = await Upstream.start()
})
afterEach(() => upstream.stop())

function guarded(options: CircuitOptions = {}) {
  const users = axios.create({ baseURL: upstream.origin })
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 0.02, ...options })
  return { breaker, users, circuit: breaker.attach(users, 'users') }
}

const nameOf = (error: unknown): unknown => (error instanceof Error ? error.name : typeof error)

async function open(users: AxiosInstance): Promise<void> {
  await users.get('/status/500').catch(() => undefined)
}

describe('a refused request', () => {
  it('never reaches the server', async () => {
    const { users } = guarded({ ttl: 60 })
    await open(users)
    const { hits } = upstream
    await expect(users.get('/status/200')).rejects.toBeInstanceOf(OpenedStateError)
    await expect(users.post('/status/200', {})).rejects.toBeInstanceOf(OpenedStateError)
    expect(upstream.hits).toBe(hits)
  })

  it('passes through all response interceptors, before and after the guard', async () => {
    const { users, breaker } = guarded({ ttl: 60 })
    const seen: unknown[] = []
    const look = (error: unknown): never => {
      seen.push(nameOf(error))
      throw error
    }
    users.interceptors.response.use(undefined, look)
    breaker.circuit('users')?.detach()
    breaker.attach(users, 'users')
    users.interceptors.response.use(undefined, look)
    await open(users)
    await users.get('/').catch(() => undefined)
    expect(seen).toEqual(['AxiosError', 'AxiosError', 'OpenedStateError', 'OpenedStateError'])
  })
})

describe('a probe', () => {
  it('is the only one, however many requests come at once', async () => {
    const { users, circuit } = guarded()
    await open(users)
    await until('the ttl has passed', () => circuit.state === 'half-opened')
    const { hits } = upstream
    const requests = Array.from({ length: 50 }, () => users.get('/hold').then(() => 'sent', nameOf))
    await until('the probe has arrived', () => upstream.held.length > 0)
    upstream.release(200)
    const results = await Promise.all(requests)
    expect(upstream.hits).toBe(hits + 1)
    expect(results.filter((result) => result === 'sent')).toHaveLength(1)
    expect(results.filter((result) => result === 'OpenedStateError')).toHaveLength(49)
    expect(circuit.state).toBe('closed')
  })

  it('hands its permit on when it is cancelled in flight', async () => {
    const { users, circuit } = guarded()
    await open(users)
    await until('the ttl has passed', () => circuit.state === 'half-opened')
    const abort = new AbortController()
    const probe = users.get('/hold', { signal: abort.signal }).catch(nameOf)
    await until('the probe has arrived', () => upstream.held.length > 0)
    abort.abort()
    expect(await probe).toBe('CanceledError')
    expect(circuit.state).toBe('half-opened')
    await users.get('/status/200')
    expect(circuit.state).toBe('closed')
  })

  it('does not count if it answers after another has taken its permit', async () => {
    const { users, circuit } = guarded({ probeTimeout: 0.02 })
    await open(users)
    await until('the ttl has passed', () => circuit.state === 'half-opened')
    const slow = users.get('/hold').catch(nameOf)
    await until('the probe has arrived', () => upstream.held.length > 0)
    await until('its permit is over', () =>
      users.get('/status/200').then(
        () => true,
        () => false,
      ),
    )
    upstream.release(500)
    await slow
    expect(circuit.state).toBe('closed')
    expect(circuit.failureCount).toBe(0)
  })
})

describe('a result of an earlier epoch', () => {
  it.each([200, 500])('changes nothing, not even a %s', async (status) => {
    const { users, circuit } = guarded({ ttl: 60 })
    const late = users.get('/hold').catch(nameOf)
    await until('the request has arrived', () => upstream.held.length > 0)
    await open(users)
    const { retryAfter } = circuit
    upstream.release(status)
    await late
    expect(circuit.state).toBe('opened')
    expect(circuit.failureCount).toBe(1)
    expect(circuit.retryAfter).toBeLessThanOrEqual(retryAfter)
  })
})

describe('the dispatch', () => {
  it('happens before the call returns if all interceptors are synchronous', () => {
    const { users } = guarded()
    let dispatched = false
    const adapter = (): Promise<never> => {
      dispatched = true
      return Promise.reject(new Error('never mind'))
    }
    users.get('/', { adapter }).catch(() => undefined)
    expect(dispatched).toBe(true)
  })

  it.each([
    ['the default', undefined],
    ['a name', 'http' as const],
    ['a list', ['xhr', 'fetch'] as ('xhr' | 'fetch')[]],
    ['a function', getAdapter('http')],
    ['a list with a function', [getAdapter('fetch')]],
  ])('finds the adapter, be it %s', async (_what, adapter) => {
    const { users } = guarded()
    const response = await users.get('/status/200', adapter ? { adapter } : {})
    expect(response.status).toBe(200)
    expect(upstream.hits).toBe(1)
  })

  it('uses the fetch of the config', async () => {
    const { users } = guarded()
    let calls = 0
    const own: typeof fetch = (input, init) => {
      calls += 1
      return fetch(input, init)
    }
    const env = { fetch: own, Request, Response } as AxiosRequestConfig['env']
    await users.get('/status/200', { adapter: 'fetch', ...(env && { env }) })
    // axios knows `env.fetch` from 1.12 on.
    expect(calls).toBe(Number(axios.VERSION.split('.')[1]) >= 12 ? 1 : 0)
  })

  it('records an adapter that throws instead of rejecting', async () => {
    const { users, circuit } = guarded({ threshold: 5 })
    const adapter = (): never => {
      throw new Error('at once')
    }
    await expect(users.get('/', { adapter })).rejects.toThrow('at once')
    expect(circuit.failureCount).toBe(1)
  })
})

describe('what is left of the guard', () => {
  it('is nothing on a response or an error', async () => {
    const { users } = guarded({ threshold: 5 })
    const { config } = await users.get('/status/200')
    const error: unknown = await users.get('/status/500').catch((thrown: unknown) => thrown)
    expect(config.adapter).toEqual(users.defaults.adapter)
    expect(error).toMatchObject({ config: { adapter: users.defaults.adapter } })
  })

  it('is nothing on a refusal: its config can be sent elsewhere', async () => {
    const { users } = guarded({ ttl: 60 })
    await open(users)
    const error: unknown = await users.get('/status/200').catch((thrown: unknown) => thrown)
    if (!(error instanceof OpenedStateError) || !error.config) throw error
    const response = await axios.request(error.config)
    expect(response.status).toBe(200)
  })

  it('is a single guard on a config that is passed again before it was sent', async () => {
    const users = axios.create({ baseURL: upstream.origin })
    let stopped: InternalAxiosRequestConfig | undefined
    users.interceptors.request.use((config) => {
      if (stopped) return config
      stopped = config
      throw new Error('not now')
    })
    const circuit = new CircuitBreaker({ threshold: 5 }).attach(users, 'users')
    await expect(users.get('/status/500')).rejects.toThrow('not now')
    await users.request(stopped ?? {}).catch(() => undefined)
    expect(upstream.hits).toBe(1)
    expect(circuit.failureCount).toBe(1)
  })
})
