/**
 * axios-cache-interceptor: its hits do not concern the circuit, and each request that it sends counts once.
 */
import { setImmediate as turn } from 'node:timers/promises'
import axios, { isCancel, type AxiosInstance, type AxiosResponse } from 'axios'
import { setupCache, type AxiosCacheInstance, type CacheOptions } from 'axios-cache-interceptor'
import { CircuitBreaker, OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
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
    new PluginHarness(upstream, order, (instance) => setupCache(instance, options), scenario)

  it('counts a miss, and none of the hits', async () => {
    const harness = caching()
    const answers = [await lookUp(harness.instance), await lookUp(harness.instance)]
    expect(answers.map(({ cached }) => cached)).toEqual([false, true])
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
  })

  it('neither refuses nor counts a hit while opened, and stays opened', async () => {
    const harness = caching()
    await lookUp(harness.instance)
    await harness.open()
    expect(await lookUp(harness.instance)).toMatchObject({ cached: true, status: 200 })
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('opened')
  })

  it.each(ORDERS)(
    'neither refuses nor counts a hit while opened, with another circuit %s',
    async (place) => {
      const other = new CircuitBreaker({ threshold: 1 })
      const harness = new PluginHarness(upstream, order, (instance) => {
        if (place === 'attached before') other.attach(instance, 'other')
        const plugged = setupCache(instance)
        if (place === 'attached after') other.attach(instance, 'other')
        return plugged
      })
      await lookUp(harness.instance)
      await harness.open()
      expect(await lookUp(harness.instance)).toMatchObject({ cached: true, status: 200 })
      expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
      await harness.admitsProbe()
      await errorOf(harness.instance.get('/status/503'))
      expect(other.circuit('other')?.state).toBe('opened')
      expect(await lookUp(harness.instance)).toMatchObject({ cached: true, status: 200 })
    },
  )

  it('does not count a hit as a probe', async () => {
    const harness = caching()
    await lookUp(harness.instance)
    await harness.halfOpen()
    expect(await lookUp(harness.instance)).toMatchObject({ cached: true })
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })

  it('does not end a series of failures with a hit', async () => {
    const harness = caching()
    await lookUp(harness.instance)
    await errorOf(harness.instance.get('/status/503'))
    await lookUp(harness.instance)
    expect(harness.circuit.failureCount).toBe(1)
  })

  it('serves the stale entry while opened, with staleIfError', async () => {
    const harness = caching({}, { ...STALE, staleIfError: true })
    await lookUp(harness.instance)
    await becomesStale(harness.plugged)
    await harness.open()
    expect(await lookUp(harness.instance)).toMatchObject({ cached: true, stale: true, status: 200 })
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('counts a failure even if the cache serves a stale entry instead', async () => {
    const harness = caching({}, { ...STALE, staleIfError: true })
    await lookUp(harness.instance)
    await becomesStale(harness.plugged)
    harness.reset()
    upstream.status = 503
    expect(await lookUp(harness.instance)).toMatchObject({ cached: true, stale: true })
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
  })

  it('refuses without staleIfError, even if there is a stale entry', async () => {
    const harness = caching({}, { ...STALE, staleIfError: false })
    await lookUp(harness.instance)
    await becomesStale(harness.plugged)
    await harness.open()
    expect(await errorOf(lookUp(harness.instance))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
  })

  it('counts a revalidation as one success', async () => {
    const harness = caching({}, STALE)
    await lookUp(harness.instance)
    await becomesStale(harness.plugged)
    await errorOf(harness.instance.get('/status/503'))
    harness.reset()
    upstream.status = 304
    expect(await lookUp(harness.instance)).toMatchObject({ cached: true, status: 200 })
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(0)
  })

  it('leaves no request hanging after a refusal', async () => {
    const harness = caching()
    await harness.open()
    expect(await errorOf(lookUp(harness.instance))).toBeInstanceOf(OpenedStateError)
    expect(await errorOf(lookUp(harness.instance))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 2 })
    harness.elapse()
    expect(await lookUp(harness.instance)).toMatchObject({ cached: false, status: 200 })
    expect(harness.circuit.state).toBe('closed')
  })

  const three = (instance: AxiosInstance, url: string) =>
    Promise.all([1, 2, 3].map(() => errorOf(lookUp(instance, url))))

  it('counts three requests that share one failed answer once', async () => {
    const harness = caching()
    const errors = await three(harness.instance, '/status/500')
    expect(errors.map((error) => axios.isAxiosError(error) && error.response?.status)).toEqual([
      500, 500, 500,
    ])
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
    expect(await lookUp(harness.instance)).toMatchObject({ status: 200 })
  })

  it('refuses three requests that share one refusal, and leaves none hanging', async () => {
    const harness = caching()
    await harness.open()
    for (const error of await three(harness.instance, '/status/200')) {
      expect(error).toBeInstanceOf(OpenedStateError)
    }
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    harness.elapse()
    expect(await lookUp(harness.instance)).toMatchObject({ status: 200 })
  })

  it('passes the permit on from a failed request to the next', async () => {
    const harness = caching({ outcome: 'ignored' })
    await harness.halfOpen()
    await three(harness.instance, '/status/500')
    await three(harness.instance, '/reset')
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })

  it('gives the permit back when the first of two shared requests is aborted', async () => {
    const abort = new AbortController()
    const harness = caching()
    await harness.halfOpen()
    const leader = errorOf(lookUp(harness.instance, '/hang', abort.signal))
    await until('the leader is in flight', () => harness.counts.hits === 1)
    const follower = lookUp(harness.instance)
    // By now the follower has found the leader and waits for it: all of this happens within one turn.
    await turn()
    abort.abort()
    expect(isCancel(await leader)).toBe(true)
    expect(await follower).toMatchObject({ status: 200 })
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('closed')
  })

  it("keeps a fallback's response as the service's, unless that says no-store, and no data", async () => {
    const users = axios.create({ baseURL: upstream.origin })
    let headers: object | undefined = {}
    const attach = () =>
      new CircuitBreaker().attach(users, 'users', {
        fallback: (_error, config) =>
          headers ? { data: 'instead', status: 200, headers, config } : 'instead',
      })
    const first = order === 'attached before' && attach()
    setupCache(users)
    const circuit = first || attach()
    const answer = async (url: string): Promise<unknown> => (await users.get(url)).data
    await circuit.force('opened')
    expect(await answer('/status/200')).toBe('instead')
    headers = { 'cache-control': 'no-store' }
    expect(await answer('/status/201')).toBe('instead')
    headers = undefined
    expect(await answer('/status/202')).toBe('instead')
    await circuit.unforce()
    expect(await answer('/status/200')).toBe('instead')
    expect(await answer('/status/201')).toEqual({ status: 201 })
    expect(await answer('/status/202')).toEqual({ status: 202 })
  })

  // A minified bundle lacks the name by which the circuit recognises a hit beforehand.
  it('neither counts nor refuses a hit of a minified cache', async () => {
    const { setupCache: setupMinified } = jest.requireActual<{ setupCache: typeof setupCache }>(
      require.resolve('axios-cache-interceptor').replace('index.cjs', 'index.bundle.js'),
    )
    const harness = new PluginHarness(upstream, order, (instance) => setupMinified(instance))
    await lookUp(harness.instance)
    await errorOf(harness.instance.get('/status/503'))
    expect(await lookUp(harness.instance)).toMatchObject({ cached: true })
    expect(harness.circuit.failureCount).toBe(1)
    await harness.open()
    expect(await lookUp(harness.instance)).toMatchObject({ cached: true })
    expect(await harness.admitsProbe()).toBe(true)
  })
})
