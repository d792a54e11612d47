/**
 * axios-cache-interceptor: its hits do not concern the circuit, and each request that it sends counts once.
 */
import { setImmediate as turn } from 'node:timers/promises'
import axios, { isCancel, type AxiosInstance, type AxiosResponse } from 'axios'
import { setupCache, type AxiosCacheInstance, type CacheOptions } from 'axios-cache-interceptor'
import { OpenedStateError } from '../../lib/index.js'
import { Counted, errorOf, ORDERS, type Scenario } from '../support/counted.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())
afterEach(() => {
  upstream.status = undefined
})

const KEY = 'naruto'
/** An entry is stale as soon as the clock moves, and is kept. */
const STALE: CacheOptions = { ttl: 1, interpretHeader: false, etag: false, modifiedSince: true }

type Cached = AxiosResponse & { readonly cached: boolean; readonly stale?: boolean }

const lookUp = (instance: AxiosInstance, url = '/status/200', signal?: AbortSignal) =>
  (instance as AxiosCacheInstance).get(url, {
    id: KEY,
    ...(signal && { signal }),
  }) as Promise<Cached>

async function becomesStale(cache: AxiosCacheInstance): Promise<void> {
  await until('the entry is stale', async () => (await cache.storage.get(KEY)).state === 'stale')
}

describe.each(ORDERS)('a circuit %s axios-cache-interceptor', (order) => {
  const caching = (scenario: Scenario = {}, options: CacheOptions = {}) =>
    new Counted(upstream, order, (instance) => setupCache(instance, options), scenario)

  it('counts a miss, and none of the hits', async () => {
    const counted = caching()
    const answers = [await lookUp(counted.instance), await lookUp(counted.instance)]
    expect(answers.map(({ cached }) => cached)).toEqual([false, true])
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
  })

  it('neither refuses nor counts a hit while opened, and stays opened', async () => {
    const counted = caching()
    await lookUp(counted.instance)
    await counted.open()
    expect(await lookUp(counted.instance)).toMatchObject({ cached: true, status: 200 })
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('opened')
  })

  it('does not count a hit as a probe', async () => {
    const counted = caching()
    await lookUp(counted.instance)
    await counted.halfOpen()
    expect(await lookUp(counted.instance)).toMatchObject({ cached: true })
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('half-opened')
    expect(await counted.admits()).toBe(true)
  })

  it('does not end a series of failures with a hit', async () => {
    const counted = caching()
    await lookUp(counted.instance)
    await errorOf(counted.instance.get('/status/503'))
    await lookUp(counted.instance)
    expect(counted.circuit.failureCount).toBe(1)
  })

  it('serves the stale entry while opened, with staleIfError', async () => {
    const counted = caching({}, { ...STALE, staleIfError: true })
    await lookUp(counted.instance)
    await becomesStale(counted.plugged)
    await counted.open()
    expect(await lookUp(counted.instance)).toMatchObject({ cached: true, stale: true, status: 200 })
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await counted.admitsProbe()).toBe(true)
  })

  it('counts a failure even if the cache serves a stale entry instead', async () => {
    const counted = caching({}, { ...STALE, staleIfError: true })
    await lookUp(counted.instance)
    await becomesStale(counted.plugged)
    counted.reset()
    upstream.status = 503
    expect(await lookUp(counted.instance)).toMatchObject({ cached: true, stale: true })
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
  })

  it('refuses without staleIfError, even if there is a stale entry', async () => {
    const counted = caching({}, { ...STALE, staleIfError: false })
    await lookUp(counted.instance)
    await becomesStale(counted.plugged)
    await counted.open()
    expect(await errorOf(lookUp(counted.instance))).toBeInstanceOf(OpenedStateError)
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
  })

  it('counts a revalidation as one success', async () => {
    const counted = caching({}, STALE)
    await lookUp(counted.instance)
    await becomesStale(counted.plugged)
    await errorOf(counted.instance.get('/status/503'))
    counted.reset()
    upstream.status = 304
    expect(await lookUp(counted.instance)).toMatchObject({ cached: true, status: 200 })
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(counted.circuit.failureCount).toBe(0)
  })

  it('leaves no request hanging after a refusal', async () => {
    const counted = caching()
    await counted.open()
    expect(await errorOf(lookUp(counted.instance))).toBeInstanceOf(OpenedStateError)
    expect(await errorOf(lookUp(counted.instance))).toBeInstanceOf(OpenedStateError)
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 2 })
    counted.elapse()
    expect(await lookUp(counted.instance)).toMatchObject({ cached: false, status: 200 })
    expect(counted.circuit.state).toBe('closed')
  })

  const three = (instance: AxiosInstance, url: string) =>
    Promise.all([1, 2, 3].map(() => errorOf(lookUp(instance, url))))

  it('counts three requests that share one failed answer once', async () => {
    const counted = caching()
    const errors = await three(counted.instance, '/status/500')
    expect(errors.map((error) => axios.isAxiosError(error) && error.response?.status)).toEqual([
      500, 500, 500,
    ])
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
    expect(await lookUp(counted.instance)).toMatchObject({ status: 200 })
  })

  it('refuses three requests that share one refusal, and leaves none hanging', async () => {
    const counted = caching()
    await counted.open()
    for (const error of await three(counted.instance, '/status/200')) {
      expect(error).toBeInstanceOf(OpenedStateError)
    }
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    counted.elapse()
    expect(await lookUp(counted.instance)).toMatchObject({ status: 200 })
  })

  it('passes the permit on from a failed request to the next', async () => {
    const counted = caching({ outcome: 'ignored' })
    await counted.halfOpen()
    await three(counted.instance, '/status/500')
    await three(counted.instance, '/reset')
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('half-opened')
    expect(await counted.admits()).toBe(true)
  })

  it('gives the permit back when the first of two shared requests is aborted', async () => {
    const abort = new AbortController()
    const counted = caching()
    await counted.halfOpen()
    const leader = errorOf(lookUp(counted.instance, '/hang', abort.signal))
    await until('the leader is in flight', () => counted.counts.hits === 1)
    const follower = lookUp(counted.instance)
    // By now the follower has found the leader and waits for it: all of this happens within one turn.
    await turn()
    abort.abort()
    expect(isCancel(await leader)).toBe(true)
    expect(await follower).toMatchObject({ status: 200 })
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('closed')
  })

  // A minified bundle lacks the name by which the circuit recognises a hit beforehand.
  it('neither counts nor refuses a hit of a minified cache', async () => {
    const { setupCache: setupMinified } = jest.requireActual<{ setupCache: typeof setupCache }>(
      require.resolve('axios-cache-interceptor').replace('index.cjs', 'index.bundle.js'),
    )
    const counted = new Counted(upstream, order, (instance) => setupMinified(instance))
    await lookUp(counted.instance)
    await errorOf(counted.instance.get('/status/503'))
    expect(await lookUp(counted.instance)).toMatchObject({ cached: true })
    expect(counted.circuit.failureCount).toBe(1)
    await counted.open()
    expect(await lookUp(counted.instance)).toMatchObject({ cached: true })
    expect(await counted.admitsProbe()).toBe(true)
  })
})
