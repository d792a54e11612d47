/** Caches that are adapters: their hits prove nothing, and each request that they send counts once. */
import { setTimeout as sleep } from 'node:timers/promises'
import axios, { getAdapter } from 'axios'
import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { cacheAdapterEnhancer, throttleAdapterEnhancer } from 'axios-extensions'
import { CircuitBreaker, ConfigError, OpenedStateError } from '../../lib/index.js'
import type { Circuit, CircuitBreakerOptions } from '../../lib/index.js'
import { TestClock } from '../../lib/testing/index.js'
import { errorOf } from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeEach(async () => {
  upstream = await Upstream.start()
})
afterEach(() => upstream.stop())

/** Milliseconds after which a look at a cache is given up. */
const PATIENCE = 1000

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

type Mark = (response: AxiosResponse) => void

/** Stores each answer by its URL, and returns a copy with the config of the request. */
const keeping =
  (mark: Mark) =>
  (send: AxiosAdapter): AxiosAdapter => {
    const kept = new Map<string | undefined, AxiosResponse>()
    return async (config) => {
      const hit = kept.get(config.url)
      if (!hit) {
        const answer = await send(config)
        kept.set(config.url, { ...answer })
        return answer
      }
      const copy = { ...hit, config }
      mark(copy)
      return copy
    }
  }

const CACHES: readonly [string, (send: AxiosAdapter) => AxiosAdapter][] = [
  ['axios-extensions, a cache', (send) => cacheAdapterEnhancer(send as never) as AxiosAdapter],
  [
    'axios-extensions, a throttle',
    (send) => throttleAdapterEnhancer(send as never, { threshold: 60_000 }) as AxiosAdapter,
  ],
  [
    'a cache that marks the request',
    keeping((response) => Object.assign(response, { request: { fromCache: true } })),
  ],
  [
    'a cache that marks the response',
    keeping((response) => Object.assign(response, { cached: true })),
  ],
]

function service(adapter: AxiosAdapter, options: CircuitBreakerOptions = {}) {
  const users = axios.create({ baseURL: upstream.origin, adapter })
  const clock = new TestClock()
  const breaker = new CircuitBreaker({ threshold: 2, ttl: 60, now: clock.now, ...options })
  return { users, breaker, clock, circuit: breaker.attach(users, 'users') }
}

async function open(circuit: Circuit, breaker: CircuitBreaker): Promise<void> {
  const other = axios.create({ baseURL: upstream.origin, adapter: 'http' })
  breaker.attach(other, circuit.name)
  await errorOf(other.get('/status/503'))
  await errorOf(other.get('/status/503'))
  expect(circuit.state).toBe('opened')
}

/** What comes of a request that the cache has an answer to, and of one that it has none to. */
async function answersOf(users: AxiosInstance) {
  const { hits } = upstream
  const { status } = await users.get('/status/200')
  const error = await errorOf(users.get('/status/201'))
  return { status, isRefused: error instanceof OpenedStateError, sent: upstream.hits - hits }
}

const ONLY_HITS = { status: 200, isRefused: true, sent: 0 }

describe.each(CACHES)('%s', (_what, cache) => {
  it('does not end a series of failures with a hit', async () => {
    const { users, circuit } = service(cache(getAdapter('http')))
    await users.get('/status/200')
    await errorOf(users.get('/status/503'))
    await users.get('/status/200')
    expect(upstream.hits).toBe(2)
    expect(circuit.failureCount).toBe(1)
  })

  it('serves hits while opened, once it has answered from its store, and sends nothing', async () => {
    const { users, breaker, circuit } = service(cache(getAdapter('http')))
    await users.get('/status/200')
    await users.get('/status/200')
    await open(circuit, breaker)
    const rejected = jest.fn()
    breaker.on('rejected', rejected)
    const { hits } = upstream
    const { status, config } = await users.get('/status/200')
    expect({ status, token: config.cancelToken }).toEqual({ status: 200, token: undefined })
    expect(rejected).not.toHaveBeenCalled()
    expect(await errorOf(users.get('/status/201'))).toBeInstanceOf(OpenedStateError)
    expect(rejected).toHaveBeenCalledTimes(1)
    expect(upstream.hits).toBe(hits)
  })

  it('goes on serving hits if requests for the same miss come at once', async () => {
    const { users, breaker, circuit } = service(cache(getAdapter('http')))
    await users.get('/status/200')
    await users.get('/status/200')
    await open(circuit, breaker)
    const misses = [1, 2, 3].map(() => errorOf(users.get('/status/201')))
    for (const miss of misses) expect(await miss).toBeInstanceOf(OpenedStateError)
    expect(await users.get('/status/200')).toMatchObject({ status: 200 })
  })

  it('goes on serving hits if a request shares the answer to a probe that fails', async () => {
    const { users, breaker, clock, circuit } = service(cache(getAdapter('http')))
    await users.get('/status/200')
    await users.get('/status/200')
    await open(circuit, breaker)
    clock.advance(60)
    const both = [errorOf(users.get('/hold')), errorOf(users.get('/hold'))]
    await until('the probe has arrived', () => upstream.held.length > 0)
    upstream.release(503)
    await Promise.all(both)
    expect(circuit.state).toBe('opened')
    expect(await users.get('/status/200')).toMatchObject({ status: 200 })
  })

  it.each([200, 503])(
    'serves hits again after a look has waited for an answer with %s',
    async (status) => {
      const { users, breaker, circuit } = service(cache(getAdapter('http')))
      await users.get('/status/200')
      await users.get('/status/200')
      const held = users.get('/hold').catch((error: unknown) => error)
      await until('it has arrived', () => upstream.held.length > 0)
      await open(circuit, breaker)
      expect(await errorOf(users.get('/hold'))).toBeInstanceOf(OpenedStateError)
      upstream.release(status)
      await held
      const { hits } = upstream
      expect(await users.get('/status/200')).toMatchObject({ status: 200 })
      expect(upstream.hits).toBe(hits)
    },
  )

  it('does not close the circuit with a hit', async () => {
    const { users, breaker, clock, circuit } = service(cache(getAdapter('http')))
    await users.get('/status/200')
    await open(circuit, breaker)
    clock.advance(60)
    expect(circuit.state).toBe('half-opened')
    await users.get('/status/200')
    expect(circuit.state).toBe('half-opened')
    await users.get('/status/404').catch(() => undefined)
    expect(circuit.state).toBe('closed')
  })

  describe.each(['before', 'after'])(
    'beside a circuit of another breaker, attached %s it',
    (place) => {
      function beside(adapter: AxiosAdapter) {
        const users = axios.create({ baseURL: upstream.origin, adapter })
        const attach = (name: string) => {
          const breaker = new CircuitBreaker({ threshold: 2, ttl: 60 })
          return { breaker, circuit: breaker.attach(users, name) }
        }
        const other = place === 'before' ? attach('other') : undefined
        const own = attach('users')
        return { users, ...own, other: (other ?? attach('other')).circuit }
      }

      it('serves hits while opened, and refuses the rest', async () => {
        const { users, breaker, circuit, other } = beside(cache(getAdapter('http')))
        await users.get('/status/200')
        await users.get('/status/200')
        await open(circuit, breaker)
        expect(await answersOf(users)).toEqual(ONLY_HITS)
        expect(other.failureCount).toBe(0)
      })

      it('leaves it to the adapter inside to ask', async () => {
        const { users, breaker, circuit, other } = beside(cache((config) => send(config)))
        const send = circuit.guard(getAdapter('http'))
        await users.get('/status/200')
        await open(circuit, breaker)
        expect(await answersOf(users)).toEqual(ONLY_HITS)
        expect(other.failureCount).toBe(0)
      })

      it('counts no look that the adapter inside prevents', async () => {
        const { users, breaker, circuit, other } = beside(cache((config) => send(config)))
        const send = other.guard(getAdapter('http'))
        await users.get('/status/200')
        await users.get('/status/200')
        await open(circuit, breaker)
        const { hits } = upstream
        expect(await errorOf(users.get('/status/201'))).toBeInstanceOf(OpenedStateError)
        expect(await errorOf(users.get('/status/202'))).toBeInstanceOf(OpenedStateError)
        expect(await users.get('/status/200')).toMatchObject({ status: 200 })
        expect(upstream.hits).toBe(hits)
        expect(other).toMatchObject({ state: 'closed', failureCount: 0 })
      })
    },
  )

  describe('around an adapter that the circuit guards', () => {
    function guarded() {
      let circuit: Circuit | undefined
      const guardedOnUse: AxiosAdapter = (config) => send(config)
      const made = service(cache(guardedOnUse))
      ;({ circuit } = made)
      const send = circuit.guard(getAdapter('http'))
      const outcomes: string[] = []
      made.breaker.on('attempted', ({ outcome }) => outcomes.push(outcome))
      return { ...made, outcomes }
    }

    it('counts each sent request once, and no hit', async () => {
      const { users, circuit, outcomes } = guarded()
      await users.get('/status/200')
      await users.get('/status/200')
      await errorOf(users.get('/status/503'))
      expect(outcomes).toEqual(['success', 'failure'])
      expect(circuit.failureCount).toBe(1)
      expect(upstream.hits).toBe(2)
    })

    it('serves hits while opened, and refuses the rest', async () => {
      const { users, breaker, circuit } = guarded()
      await users.get('/status/200')
      await open(circuit, breaker)
      const { hits } = upstream
      expect(await users.get('/status/200')).toMatchObject({ status: 200 })
      expect(await errorOf(users.get('/status/201'))).toBeInstanceOf(OpenedStateError)
      expect(upstream.hits).toBe(hits)
    })

    it('sends without asking once the circuit is detached', async () => {
      const { users, breaker, circuit } = guarded()
      await users.get('/status/200')
      await open(circuit, breaker)
      circuit.detach()
      expect(await users.get('/status/201')).toMatchObject({ status: 201 })
    })
  })
})

describe('an adapter that the circuit guards', () => {
  it('counts once on an instance that the circuit is attached to', async () => {
    const { users, circuit } = service(getAdapter('http'))
    users.defaults.adapter = circuit.guard(getAdapter('http'))
    await errorOf(users.get('/status/503'))
    expect(circuit.failureCount).toBe(1)
  })

  it('counts on an instance that the circuit is not attached to', async () => {
    const { circuit } = service(getAdapter('http'))
    const plain = axios.create({
      baseURL: upstream.origin,
      adapter: circuit.guard(getAdapter('fetch')),
    })
    await errorOf(plain.get('/status/503'))
    await errorOf(plain.get('/status/503'))
    expect(circuit.state).toBe('opened')
    expect(await errorOf(plain.get('/'))).toBeInstanceOf(OpenedStateError)
    expect(upstream.hits).toBe(2)
  })

  it("uses the circuit's own outcome function", async () => {
    const users = axios.create({ baseURL: upstream.origin })
    const outcome = () => 'failure' as const
    const circuit = new CircuitBreaker().attach(users, 'users', { outcome })
    const plain = axios.create({
      baseURL: upstream.origin,
      adapter: circuit.guard(getAdapter('http')),
    })
    await plain.get('/status/200')
    expect(circuit.failureCount).toBe(1)
  })

  it.each([['http'], [undefined], [null], [{}], [['http']]])('cannot be %p', (adapter) => {
    const { circuit } = service(getAdapter('http'))
    expect(() => circuit.guard(adapter as never)).toThrow(ConfigError)
    expect(() => circuit.guard(adapter as never)).toThrow(/Invalid adapter: expected a function/)
  })
})

it.each(['http', 'fetch'] as const)('sends nothing through %s to look for a hit', async (kind) => {
  const send = getAdapter('http')
  let sends: AxiosAdapter = send
  const { users, breaker, circuit } = service(
    keeping((response) => Object.assign(response, { cached: true }))((config) => sends(config)),
  )
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const { hits } = upstream
  sends = getAdapter(kind)
  expect(await errorOf(users.get('/status/201'))).toBeInstanceOf(OpenedStateError)
  expect(upstream.hits).toBe(hits)
})

/** Sends without its cancel token, as an adapter does that knows only signals. */
const heedless: AxiosAdapter = ({ cancelToken: _cancelToken, ...config }) =>
  getAdapter('http')(config)

it('does not look twice in an adapter that sends a request instead', async () => {
  const { users, breaker, circuit } = service(
    keeping((response) => Object.assign(response, { cached: true }))(async (config) => {
      const answer = await heedless(config)
      return { ...answer, config }
    }),
  )
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const { hits } = upstream
  await users.get('/status/201')
  expect(await errorOf(users.get('/status/202'))).toBeInstanceOf(OpenedStateError)
  expect(upstream.hits).toBe(hits + 1)
})

it.each([
  ['as it is', (config: InternalAxiosRequestConfig) => config],
  ['in a copy', (config: InternalAxiosRequestConfig) => ({ ...config })],
])('does not look twice in an adapter that sends and fails, with its config %s', async (_, own) => {
  const marked = keeping((response) => Object.assign(response, { cached: true }))
  const { users, breaker, circuit } = service(
    marked(async (config) => ({ ...(await heedless(config)), config: own(config) })),
  )
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const { hits } = upstream
  await errorOf(users.get('/status/503'))
  expect(await errorOf(users.get('/status/503'))).toBeInstanceOf(OpenedStateError)
  expect(await errorOf(users.get('/status/202'))).toBeInstanceOf(OpenedStateError)
  expect(upstream.hits).toBe(hits + 1)
})

it('takes no answer to a copied config for a hit', async () => {
  const marked = keeping((response) => Object.assign(response, { cached: true }))
  const { users, breaker, circuit } = service(
    marked(async (config) => ({ ...(await heedless(config)), config: { ...config } })),
  )
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const { hits } = upstream
  const { config } = await users.get('/status/201')
  expect(config.cancelToken).toBeUndefined()
  expect(await errorOf(users.get('/status/202'))).toBeInstanceOf(OpenedStateError)
  expect(upstream.hits).toBe(hits + 1)
})

it('serves hits of an adapter that has methods, as an axios instance does', async () => {
  const marked = keeping((response) => Object.assign(response, { cached: true }))
  const adapter = Object.assign(marked(getAdapter('http')), { post: () => undefined })
  const { users, breaker, circuit } = service(adapter)
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  expect(await users.get('/status/200')).toMatchObject({ status: 200 })
})

it('serves hits to a fallback that sends through its own circuit', async () => {
  const marked = keeping((response) => Object.assign(response, { cached: true }))
  const users = axios.create({ baseURL: upstream.origin, adapter: marked(getAdapter('http')) })
  const breaker = new CircuitBreaker({ threshold: 2, ttl: 60 })
  const fallback = async () => (await users.get('/status/200')).status
  const circuit = breaker.attach(users, 'users', { fallback })
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  expect(await users.get('/status/201')).toMatchObject({ data: 200 })
})

it('gives each look an error of its own, to which an instance inside adds the stack of its caller', async () => {
  const thrown: unknown[] = []
  const cache = keeping((response) => Object.assign(response, { cached: true }))
  const adapter = cache(async (config) => {
    try {
      config.cancelToken?.throwIfRequested()
    } catch (error) {
      thrown.push(error)
      throw error
    }
    return getAdapter('http')(config)
  })
  const { users, breaker, circuit } = service(adapter)
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  for (const status of [201, 202, 203]) {
    expect(await errorOf(users.get(`/status/${status}`))).toBeInstanceOf(OpenedStateError)
  }
  expect(new Set(thrown).size).toBe(3)
})

it('looks for no answer to a request that changes something', async () => {
  const marked = keeping((response) => Object.assign(response, { cached: true }))
  const { users, breaker, circuit, clock } = service(marked(heedless))
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const { hits } = upstream
  expect(await errorOf(users.post('/status/201'))).toBeInstanceOf(OpenedStateError)
  expect(upstream.hits).toBe(hits)
  clock.advance(60)
  await users.post('/status/201')
  expect(upstream.hits).toBe(hits + 1)
})

it('leaves no rejection behind if an adapter throws during the look', async () => {
  const unhandled = jest.fn()
  process.on('unhandledRejection', unhandled)
  const marked = keeping((response) => Object.assign(response, { cached: true }))
  const cache = marked(getAdapter('http'))
  const { users, breaker, circuit } = service((config) => {
    if (config.url === '/status/200') return cache(config)
    config.cancelToken?.throwIfRequested()
    return getAdapter('http')(config)
  })
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  expect(await errorOf(users.get('/status/201'))).toBeInstanceOf(OpenedStateError)
  await new Promise((resolve) => setTimeout(resolve, PATIENCE + 200))
  expect(unhandled).not.toHaveBeenCalled()
  process.off('unhandledRejection', unhandled)
})

it('refuses nobody whose circuit is detached during the look', async () => {
  const calls: (() => void)[] = []
  const marked = keeping((response) => Object.assign(response, { cached: true }))
  const { users, breaker, circuit } = service(
    marked(async (config) => {
      if (config.url === '/status/201') {
        await new Promise<void>((resolve) => void calls.push(resolve))
      }
      return getAdapter('http')(config)
    }),
  )
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const answer = users.get('/status/201')
  await until('it looks', () => calls.length === 1)
  circuit.detach()
  calls[0]?.()
  await until('it is sent', () => calls.length === 2)
  calls[1]?.()
  expect(await answer).toMatchObject({ status: 201 })
})

it('waits a second for a cache that never answers, and does not ask again', async () => {
  let isStuck = false
  let looks = 0
  const send = getAdapter('http')
  const { users, breaker, circuit } = service(async (config) => {
    looks += 1
    if (isStuck) await new Promise(() => undefined)
    return Object.assign(await send(config), { cached: true })
  })
  await users.get('/status/200')
  await open(circuit, breaker)
  isStuck = true
  const [before, start] = [looks, performance.now()]
  expect(await errorOf(users.get('/status/201'))).toBeInstanceOf(OpenedStateError)
  const waited = performance.now() - start
  expect(waited).toBeGreaterThan(0.9 * PATIENCE)
  // A busy machine may take longer.
  expect(waited).toBeLessThan(5 * PATIENCE)
  expect(await errorOf(users.get('/status/202'))).toBeInstanceOf(OpenedStateError)
  expect(looks - before).toBe(1)
})

/** A cache whose store waits for `go` before it answers the next request to a URL, once. */
function slow(send: AxiosAdapter) {
  const waits = new Map<string | undefined, Promise<void>>()
  const cached = keeping((response) => Object.assign(response, { cached: true }))(send)
  const made = service(async (config) => {
    const wait = waits.get(config.url)
    waits.delete(config.url)
    await wait
    return cached(config)
  })
  const delay = (url: string): (() => void) => {
    let go = (): void => undefined
    waits.set(url, new Promise((resolve) => void (go = resolve)))
    return () => go()
  }
  return { ...made, delay }
}

it('serves a hit that takes a tenth of a second', async () => {
  const { users, breaker, circuit, delay } = slow(getAdapter('http'))
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const go = delay('/status/200')
  const hit = users.get('/status/200')
  await sleep(0.1 * PATIENCE)
  go()
  expect(await hit).toMatchObject({ status: 200 })
})

it('asks a cache again that was late once, when its answer has come', async () => {
  const { users, breaker, circuit, delay } = slow(getAdapter('http'))
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const go = delay('/status/200')
  const sent = upstream.hits
  expect(await errorOf(users.get('/status/200'))).toBeInstanceOf(OpenedStateError)
  expect(await errorOf(users.get('/status/200'))).toBeInstanceOf(OpenedStateError)
  go()
  await turn()
  expect(await users.get('/status/200')).toMatchObject({ status: 200 })
  expect(upstream.hits).toBe(sent)
})

it('asks a cache again that was late, when it has answered in another way', async () => {
  const { users, breaker, circuit, clock, delay } = slow(getAdapter('http'))
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  delay('/status/201')
  expect(await errorOf(users.get('/status/201'))).toBeInstanceOf(OpenedStateError)
  clock.advance(60)
  await users.get('/status/202')
  await users.get('/status/200')
  await open(circuit, breaker)
  expect(await users.get('/status/200')).toMatchObject({ status: 200 })
})

it('does not ask a cache again that was late, and has sent', async () => {
  let answers = 0
  const { users, breaker, circuit, delay } = slow(async (config) => {
    const answer = await heedless(config)
    answers += 1
    return { ...answer, config }
  })
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const go = delay('/status/201')
  const goOn = delay('/status/200')
  const late = [errorOf(users.get('/status/201')), errorOf(users.get('/status/200'))]
  for (const error of late) expect(await error).toBeInstanceOf(OpenedStateError)
  go()
  await until('what it has sent is answered', () => answers === 2)
  await turn()
  goOn()
  await turn()
  expect(await errorOf(users.get('/status/200'))).toBeInstanceOf(OpenedStateError)
})

it('does not ask a cache again that was late, if it has sent for another look meanwhile', async () => {
  const { users, breaker, circuit, delay } = slow(async (config) => ({
    ...(await heedless(config)),
    config,
  }))
  await users.get('/status/200')
  await users.get('/status/200')
  await open(circuit, breaker)
  const go = delay('/status/200')
  const late = errorOf(users.get('/status/200'))
  expect(await users.get('/status/201')).toMatchObject({ status: 201 })
  expect(await late).toBeInstanceOf(OpenedStateError)
  go()
  await turn()
  expect(await errorOf(users.get('/status/200'))).toBeInstanceOf(OpenedStateError)
})

it('counts requests that share one answer in flight once', async () => {
  let shared: Promise<AxiosResponse> | undefined
  const { users, circuit } = service((config) => (shared ??= getAdapter('http')(config)))
  await Promise.all([1, 2, 3].map(() => errorOf(users.get('/status/503'))))
  expect(upstream.hits).toBe(1)
  expect(circuit.failureCount).toBe(1)
})

describe('with slowAfter', () => {
  it('counts a slow request once, however many share it through a cache', async () => {
    const cache = cacheAdapterEnhancer(getAdapter('http') as never) as AxiosAdapter
    const { users, clock, circuit } = service(cache, { threshold: 5, slowAfter: 2 })
    await users.get('/status/200')
    await users.get('/status/200')
    const both = [users.get('/hold'), users.get('/hold')]
    await until('it has arrived', () => upstream.held.length > 0)
    clock.advance(3)
    expect(circuit.failureCount).toBe(0)
    upstream.release(200)
    await Promise.all(both)
    expect(upstream.hits).toBe(2)
    expect(circuit.failureCount).toBe(1)
  })

  it('counts no time for which a throttle round the guarded adapter waits', async () => {
    let isOver = (): void => undefined
    const pause = new Promise<void>((resolve) => void (isOver = resolve))
    const { users, clock, circuit } = service(
      async (config) => {
        await pause
        return send(config)
      },
      { slowAfter: 2 },
    )
    const send = circuit.guard(getAdapter('http'))
    const answer = users.get('/status/200')
    await turn()
    clock.advance(3)
    isOver()
    expect(await answer).toMatchObject({ status: 200 })
    expect(circuit.failureCount).toBe(0)
  })
})

it('counts what an adapter sends through another instance', async () => {
  const other = axios.create({ baseURL: upstream.origin })
  const { users, circuit } = service((config) => other.request({ url: config.url ?? '/' }))
  await errorOf(users.get('/status/503'))
  expect(circuit.failureCount).toBe(1)
  await users.get('/status/200')
  expect(circuit.failureCount).toBe(0)
})
