/** axios-rate-limit: a request counts when it is sent, not while it queues. */
import { isCancel, type AxiosInstance } from 'axios'
import rateLimit from 'axios-rate-limit'
import { OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

type Limits = NonNullable<Parameters<typeof rateLimit>[1]>
type Limited = ReturnType<typeof rateLimit>

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

const SOON: Limits = { limits: [{ maxRequests: 2, duration: '20ms' }] }
/** Windows that end only if `nextWindow` is called, or the spec ends. */
const TWO: Limits = { limits: [{ maxRequests: 2, duration: '1h' }] }
const ONE: Limits = { limits: [{ maxRequests: 1, duration: '1h' }] }

const limiters: Limited[] = []
const nextWindow = (limiter: Limited, limits: Limits): void => limiter.setRateLimitOptions(limits)
afterEach(() => {
  for (const limiter of limiters.splice(0)) nextWindow(limiter, ONE)
})

const isQueued = (limiter: Limited, length = 1): Promise<void> =>
  until('requests are queued', () => limiter.getQueue().length === length)

describe.each(ORDERS)('a circuit %s axios-rate-limit', (order) => {
  const limited = (limits: Limits, scenario: Scenario = {}) => {
    const plug = (instance: AxiosInstance): Limited => rateLimit(instance, limits)
    const harness = new PluginHarness(upstream, order, plug, scenario)
    limiters.push(harness.plugged)
    return harness
  }

  const four = (instance: AxiosInstance, url: string) =>
    Promise.allSettled([1, 2, 3, 4].map(() => instance.get(url)))

  it('counts each request once, queued or not', async () => {
    const harness = limited(SOON)
    await four(harness.instance, '/status/503')
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 4, refusals: 0 })
  })

  it('refuses requests that were queued when the circuit opened', async () => {
    const harness = limited(TWO, { threshold: 2 })
    const endings = four(harness.instance, '/status/503')
    await until('it is opened', () => harness.circuit.state === 'opened')
    nextWindow(harness.plugged, TWO)
    await endings
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 2 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  // A refused request uses up its turn: the plugin counts it before the circuit is asked.
  it('refuses all while opened, each in its turn', async () => {
    const harness = limited(TWO)
    await harness.open()
    const endings = four(harness.instance, '/')
    await until('two are refused', () => harness.counts.refusals === 2)
    await isQueued(harness.plugged, 2)
    nextWindow(harness.plugged, TWO)
    for (const ending of await endings) {
      expect(ending).toMatchObject({ reason: expect.any(OpenedStateError) })
    }
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 4 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('counts nothing for a request that was aborted while queued', async () => {
    const abort = new AbortController()
    const harness = limited(ONE)
    await errorOf(harness.instance.get('/status/503'))
    const queued = errorOf(harness.instance.get('/', { signal: abort.signal }))
    await isQueued(harness.plugged)
    abort.abort()
    nextWindow(harness.plugged, ONE)
    expect(await queued).toBe(abort.signal.reason)
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(1)
  })

  it('holds no permit for a queued request, or after it was aborted in the queue', async () => {
    const abort = new AbortController()
    const harness = limited(ONE, { outcome: 'ignored' })
    await harness.halfOpen()
    await harness.instance.get('/')
    const queued = errorOf(harness.instance.get('/', { signal: abort.signal }))
    await isQueued(harness.plugged)
    expect(await harness.admits()).toBe(true)
    abort.abort()
    nextWindow(harness.plugged, ONE)
    expect(await queued).toBe(abort.signal.reason)
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(await harness.admits()).toBe(true)
  })

  it('passes the permit on from each request to the next', async () => {
    const harness = limited(SOON, { outcome: 'ignored' })
    await harness.halfOpen()
    for (const url of ['/status/200', '/status/503', '/reset', '/status/404']) {
      await harness.instance.get(url).catch(() => undefined)
    }
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })

  it('gives the permit back when a request that left the queue is aborted', async () => {
    const abort = new AbortController()
    const harness = limited(ONE)
    await harness.instance.get('/')
    await harness.halfOpen()
    const probe = errorOf(harness.instance.get('/hang', { signal: abort.signal }))
    await isQueued(harness.plugged)
    nextWindow(harness.plugged, ONE)
    await until('it is in flight', () => harness.counts.hits === 1)
    expect(await errorOf(harness.admits())).toBeInstanceOf(OpenedStateError)
    abort.abort()
    expect(isCancel(await probe)).toBe(true)
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 1 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })
})
