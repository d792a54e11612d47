/** axios-retry: every attempt counts once, and a refusal is never retried. */
import { isCancel, type AxiosError } from 'axios'
import axiosRetry, { type IAxiosRetryConfig } from 'axios-retry'
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

describe.each(ORDERS)('a circuit %s axios-retry', (order) => {
  const retrying = (scenario: Scenario = {}, options: IAxiosRetryConfig = {}) =>
    new Counted(upstream, order, (instance) => axiosRetry(instance, options), scenario)

  it.each(['/status/503', '/reset'])('counts each of four failed attempts at %s', async (url) => {
    const counted = retrying()
    await errorOf(counted.instance.get(url))
    expect(counted.counts).toEqual({ hits: 4, attempts: 4, failures: 4, refusals: 0 })
    expect(counted.circuit.failureCount).toBe(4)
  })

  it('counts a retry that succeeds as the end of the series', async () => {
    const onRetry = (): void => {
      upstream.status = 200
    }
    const counted = retrying({}, { onRetry })
    await counted.instance.get('/status/503')
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
    expect(counted.circuit.failureCount).toBe(0)
  })

  it('counts retries of an answer that validateResponse refuses', async () => {
    const counted = retrying({}, { validateResponse: ({ status }) => status < 400 })
    await counted.instance.get('/status/200')
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    await errorOf(counted.instance.get('/status/503'))
    expect(counted.counts).toEqual({ hits: 5, attempts: 5, failures: 4, refusals: 0 })
  })

  it('counts a failed config that the caller sends again once', async () => {
    const counted = retrying()
    const error = (await errorOf(counted.instance.get('/status/503'))) as AxiosError
    counted.reset()
    await errorOf(counted.instance.request({ ...error.config, 'axios-retry': { retries: 0 } }))
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
  })

  it('opens between the attempts of one request, and refuses the next of them', async () => {
    const counted = retrying({ threshold: 2 })
    expect(await errorOf(counted.instance.get('/status/503'))).toBeInstanceOf(OpenedStateError)
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 1 })
    expect(await counted.admitsProbe()).toBe(true)
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
      const counted = retrying({}, { ...options, onRetry })
      await counted.open()
      const error = await errorOf(counted.instance.request({ method, url: '/' }))
      expect(error).toBeInstanceOf(OpenedStateError)
      expect(onRetry).not.toHaveBeenCalled()
      expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
      expect(await counted.admitsProbe()).toBe(true)
    })
  })

  it("never retries a refusal, whatever the request's own options say, and does not change them", async () => {
    const own = { retries: 5, retryCondition: yes }
    const counted = retrying()
    await counted.open()
    await errorOf(counted.instance.get('/', { 'axios-retry': own }))
    expect(counted.counts).toMatchObject({ hits: 0, refusals: 1 })
    expect(own).toEqual({ retries: 5, retryCondition: yes })
  })

  it('reports a refusal as the last retry', async () => {
    const onMaxRetryTimesExceeded = jest.fn()
    const counted = retrying({}, { onMaxRetryTimesExceeded })
    await counted.open()
    const error = await errorOf(counted.instance.get('/'))
    expect(onMaxRetryTimesExceeded.mock.calls).toEqual([[error, 0]])
  })

  it('sends one probe, and no retry of it, to a service that is still down', async () => {
    const counted = retrying()
    await counted.halfOpen()
    expect(await errorOf(counted.instance.get('/status/503'))).toBeInstanceOf(OpenedStateError)
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 1 })
    expect(counted.circuit.state).toBe('opened')
    expect(await counted.admitsProbe()).toBe(true)
  })

  it('passes the permit on from each attempt to the next', async () => {
    const counted = retrying({ outcome: 'ignored' })
    await counted.halfOpen()
    await errorOf(counted.instance.get('/status/503'))
    expect(counted.counts).toEqual({ hits: 4, attempts: 4, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('half-opened')
    expect(await counted.admits()).toBe(true)
  })

  it('holds no permit while a retry waits, or after it was aborted then', async () => {
    const abort = new AbortController()
    const onRetry = jest.fn()
    const counted = retrying({ outcome: 'ignored' }, { retryDelay: () => 60_000, onRetry })
    await counted.halfOpen()
    const request = errorOf(counted.instance.get('/status/503', { signal: abort.signal }))
    await until('a retry waits', () => onRetry.mock.calls.length === 1)
    expect(await counted.admits()).toBe(true)
    abort.abort()
    expect(isCancel(await request)).toBe(true)
    expect(counted.counts).toMatchObject({ hits: 2, refusals: 0 })
    expect(await counted.admits()).toBe(true)
  })
})
