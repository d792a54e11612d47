/**
 * axios-cache-interceptor and axios-retry together, with the circuit before, between and after them.
 * The cache comes before the retry: in the other order, a failed request waits for its own retry for
 * ever, with or without a circuit.
 */
import type { AxiosInstance, AxiosResponse } from 'axios'
import { setupCache, type AxiosCacheInstance, type CacheOptions } from 'axios-cache-interceptor'
import axiosRetry from 'axios-retry'
import { OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, type Scenario } from '../support/plugin-harness.js'
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

type Build = (cache: CacheOptions, scenario: Scenario) => PluginHarness<AxiosCacheInstance>

const both = (instance: AxiosInstance, options: CacheOptions): AxiosCacheInstance => {
  const cache = setupCache(instance, options)
  axiosRetry(instance)
  return cache
}

const POSITIONS: [string, Build][] = [
  [
    'before',
    (cache, scenario) =>
      new PluginHarness(upstream, 'attached before', (instance) => both(instance, cache), scenario),
  ],
  [
    'between',
    (cache, scenario) => {
      const plug = (instance: AxiosInstance) => setupCache(instance, cache)
      const harness = new PluginHarness(upstream, 'attached after', plug, scenario)
      axiosRetry(harness.instance)
      return harness
    },
  ],
  [
    'after',
    (cache, scenario) =>
      new PluginHarness(upstream, 'attached after', (instance) => both(instance, cache), scenario),
  ],
]

const lookUp = (cache: AxiosCacheInstance, url = '/status/200') =>
  cache.get(url, { id: KEY }) as Promise<AxiosResponse & { readonly cached: boolean }>

const three = (cache: AxiosCacheInstance, url: string) =>
  Promise.all([1, 2, 3].map(() => errorOf(lookUp(cache, url))))

describe.each(POSITIONS)('a circuit %s a cache and a retry', (_position, build) => {
  const together = (scenario: Scenario = {}, cache: CacheOptions = {}) => build(cache, scenario)

  it('counts each attempt once, and a hit not at all', async () => {
    const harness = together()
    await errorOf(lookUp(harness.plugged, '/status/503'))
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 4, refusals: 0 })
    harness.reset()
    expect(await lookUp(harness.plugged)).toMatchObject({ cached: false })
    expect(await lookUp(harness.plugged)).toMatchObject({ cached: true })
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(0)
  })

  it('refuses once if it opens between attempts, and leaves no request hanging', async () => {
    const harness = together({ threshold: 2 })
    const refused = await errorOf(lookUp(harness.plugged, '/status/503'))
    expect(refused).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 1 })
    expect(await errorOf(lookUp(harness.plugged))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 2 })
    harness.elapse()
    expect(await lookUp(harness.plugged)).toMatchObject({ cached: false, status: 200 })
    expect(harness.circuit.state).toBe('closed')
  })

  it('serves hits while opened', async () => {
    const harness = together()
    await lookUp(harness.plugged)
    await harness.open()
    expect(await lookUp(harness.plugged)).toMatchObject({ cached: true, status: 200 })
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
  })

  it('serves a stale entry instead of a refusal', async () => {
    const harness = together({}, { ...STALE, staleIfError: true })
    await lookUp(harness.plugged)
    const isStale = async (): Promise<boolean> =>
      (await harness.plugged.storage.get(KEY)).state === 'stale'
    await until('the entry is stale', isStale)
    await harness.open()
    expect(await lookUp(harness.plugged)).toMatchObject({ cached: true, stale: true })
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('counts only what three requests for one entry send', async () => {
    const harness = together()
    await three(harness.plugged, '/status/503')
    const { hits } = harness.counts
    // The plugins decide how often: all three share the config, and with it the count of retries.
    expect(hits).toBeGreaterThan(1)
    expect(harness.counts).toEqual({ hits, attempts: hits, failures: hits, refusals: 0 })
  })

  it('refuses three requests for one entry with one refusal', async () => {
    const harness = together()
    await harness.open()
    for (const error of await three(harness.plugged, '/status/200')) {
      expect(error).toBeInstanceOf(OpenedStateError)
    }
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('passes the permit on from each attempt to the next', async () => {
    const harness = together({ outcome: 'ignored' })
    await harness.halfOpen()
    await errorOf(lookUp(harness.plugged, '/status/503'))
    await lookUp(harness.plugged)
    await lookUp(harness.plugged)
    expect(harness.counts).toEqual({ hits: 5, attempts: 5, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })
})
