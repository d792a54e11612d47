/** axios-retry: every attempt counts once, and a refusal is never retried. */
import { isCancel, type AxiosError } from 'axios'
import axiosRetry, { type IAxiosRetryConfig } from 'axios-retry'
import { OpenedStateError } from '../../lib/index.js'
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

describe.each(ORDERS)('a circuit %s axios-retry', (order) => {
  const retrying = (scenario: Scenario = {}, options: IAxiosRetryConfig = {}) =>
    new PluginHarness(upstream, order, (instance) => axiosRetry(instance, options), scenario)

  it.each(['/status/503', '/reset'])('counts each of four failed attempts at %s', async (url) => {
    const harness = retrying()
    await errorOf(harness.instance.get(url))
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 4, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(4)
  })

  it('counts a retry that succeeds as the end of the series', async () => {
    const onRetry = (): void => {
      upstream.status = 200
    }
    const harness = retrying({}, { onRetry })
    await harness.instance.get('/status/503')
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(0)
  })

  it('counts retries of an answer that validateResponse refuses', async () => {
    const harness = retrying({}, { validateResponse: ({ status }) => status < 400 })
    await harness.instance.get('/status/200')
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    await errorOf(harness.instance.get('/status/503'))
    expect(harness.counts).toEqual({ hits: 5, attempts: 5, failures: 4, refusals: 0 })
  })

  it('counts a failed config that the caller sends again once', async () => {
    const harness = retrying()
    const error = (await errorOf(harness.instance.get('/status/503'))) as AxiosError
    harness.reset()
    await errorOf(harness.instance.request({ ...error.config, 'axios-retry': { retries: 0 } }))
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
  })

  it('opens between the attempts of one request, and refuses the next of them', async () => {
    const harness = retrying({ threshold: 2 })
    expect(await errorOf(harness.instance.get('/status/503'))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 1 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  const yes = (): boolean => true
  const later = async (): Promise<boolean> => true
  const conditions: [string, IAxiosRetryConfig][] = [
    ['its default condition', {}],
    ['a condition that says yes to everything', { retryCondition: yes }],
    ['a condition that says yes later', { retryCondition: later }],
    ['ten retries', { retries: 10, retryCondition: yes }],
  ]
  describe.each(conditions)('with %s', (_what, options) => {
    it.each(['get', 'post'])('never retries a refused %s', async (method) => {
      const onRetry = jest.fn()
      const harness = retrying({}, { ...options, onRetry })
      await harness.open()
      const error = await errorOf(harness.instance.request({ method, url: '/' }))
      expect(error).toBeInstanceOf(OpenedStateError)
      expect(onRetry).not.toHaveBeenCalled()
      expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
      expect(await harness.admitsProbe()).toBe(true)
    })
  })

  it("never retries a refusal, whatever the request's own options say, and does not change them", async () => {
    const own = { retries: 5, retryCondition: yes }
    const harness = retrying()
    await harness.open()
    await errorOf(harness.instance.get('/', { 'axios-retry': own }))
    expect(harness.counts).toMatchObject({ hits: 0, refusals: 1 })
    expect(own).toEqual({ retries: 5, retryCondition: yes })
  })

  it('reports a refusal as the last retry', async () => {
    const onMaxRetryTimesExceeded = jest.fn()
    const harness = retrying({}, { onMaxRetryTimesExceeded })
    await harness.open()
    const error = await errorOf(harness.instance.get('/'))
    expect(onMaxRetryTimesExceeded.mock.calls).toEqual([[error, 0]])
  })

  it('sends one probe, and no retry of it, to a service that is still down', async () => {
    const harness = retrying()
    await harness.halfOpen()
    expect(await errorOf(harness.instance.get('/status/503'))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 1 })
    expect(harness.circuit.state).toBe('opened')
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('passes the permit on from each attempt to the next', async () => {
    const harness = retrying({ outcome: 'ignored' })
    await harness.halfOpen()
    await errorOf(harness.instance.get('/status/503'))
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })

  it('holds no permit while a retry waits, or after it was aborted then', async () => {
    const abort = new AbortController()
    const onRetry = jest.fn()
    const harness = retrying({ outcome: 'ignored' }, { retryDelay: () => 60_000, onRetry })
    await harness.halfOpen()
    const request = errorOf(harness.instance.get('/status/503', { signal: abort.signal }))
    await until('a retry waits', () => onRetry.mock.calls.length === 1)
    expect(await harness.admits()).toBe(true)
    abort.abort()
    expect(isCancel(await request)).toBe(true)
    expect(harness.counts).toMatchObject({ hits: 2, refusals: 0 })
    expect(await harness.admits()).toBe(true)
  })
})
