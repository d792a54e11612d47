/**
 * axios-auth-refresh: a 401 is an answer. The refresh and the second attempt count like any other request.
 */
import axios, { isCancel, type AxiosInstance, type AxiosRequestConfig } from 'axios'
import { createAuthRefresh, type AxiosAuthRefreshOptions } from 'axios-auth-refresh'
import { OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
/** The service that issues tokens. */
let issuer: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
  issuer = await Upstream.start()
})
afterAll(() => Promise.all([upstream.stop(), issuer.stop()]))
beforeEach(() => {
  upstream.status = undefined
  issuer.status = undefined
  issuer.hits = 0
})

/** From now on, the service accepts the token. */
async function refresh(): Promise<void> {
  await axios.post(`${issuer.origin}/status/200`)
  upstream.status = 200
}

const EXPIRED = '/status/401'

describe.each(ORDERS)('a circuit %s axios-auth-refresh', (order) => {
  const refreshing = (
    scenario: Scenario = {},
    call: (instance: AxiosInstance) => Promise<unknown> = refresh,
    options: AxiosAuthRefreshOptions = {},
  ) =>
    new PluginHarness(
      upstream,
      order,
      // Its types come from the other module format of axios, so they differ for the compiler.
      (instance) => createAuthRefresh(instance as never, () => call(instance), options),
      scenario,
    )

  it('counts the 401 and what follows the refresh as one success each', async () => {
    const harness = refreshing()
    await errorOf(harness.instance.get('/status/503'))
    harness.reset()
    expect(await harness.instance.get(EXPIRED)).toMatchObject({ status: 200 })
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(0)
    expect(issuer.hits).toBe(1)
  })

  it('counts a failure after the refresh', async () => {
    const harness = refreshing({}, async () => {
      await refresh()
      upstream.status = 503
    })
    await errorOf(harness.instance.get(EXPIRED))
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(1)
  })

  it('counts a refresh through the same instance', async () => {
    const harness = refreshing(
      {},
      async (instance) => {
        upstream.status = 200
        const options: AxiosRequestConfig = { skipAuthRefresh: true } as AxiosRequestConfig
        await instance.post('/token', {}, options)
      },
      { deduplicateRefresh: false },
    )
    await harness.instance.get(EXPIRED)
    expect(harness.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
  })

  const afterThree = (attempts: () => number) => async (): Promise<void> => {
    await until('all three are answered', () => attempts() === 3)
    await refresh()
  }
  const three = async (instance: AxiosInstance) => {
    const endings = await Promise.allSettled([1, 2, 3].map(() => instance.get(EXPIRED)))
    return endings.map(({ status }) => status).toSorted()
  }

  it('counts three requests that share one refresh twice each', async () => {
    const harness = refreshing(
      {},
      afterThree(() => harness.counts.attempts),
      { deduplicateRefresh: false },
    )
    expect(await three(harness.instance)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(harness.counts).toEqual({ hits: 6, attempts: 6, failures: 0, refusals: 0 })
    expect(issuer.hits).toBe(1)
  })

  // While it deduplicates, the plugin lets a 401 through that arrives during the refresh.
  it('counts three requests if the plugin repeats only the first', async () => {
    const harness = refreshing(
      {},
      afterThree(() => harness.counts.attempts),
    )
    expect(await three(harness.instance)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 0, refusals: 0 })
    expect(issuer.hits).toBe(1)
  })

  it('counts nothing more when the refresh fails', async () => {
    issuer.status = 500
    const harness = refreshing()
    expect(await errorOf(harness.instance.get(EXPIRED))).toMatchObject({
      response: { status: 500 },
    })
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(await harness.admits()).toBe(true)
  })

  it('asks for no token when a request is refused', async () => {
    const harness = refreshing()
    await harness.open()
    expect(await errorOf(harness.instance.get(EXPIRED))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(issuer.hits).toBe(0)
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('refuses the second attempt if the circuit opens during the refresh', async () => {
    const harness = refreshing({}, async () => {
      await refresh()
      await harness.open()
    })
    expect(await errorOf(harness.instance.get(EXPIRED))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('closes if the answer to a probe is a 401', async () => {
    const harness = refreshing({}, async () => {
      expect(harness.circuit.state).toBe('closed')
      await refresh()
    })
    await harness.halfOpen()
    await harness.instance.get(EXPIRED)
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
  })

  it('passes the permit on from the 401, through the refresh, to the second attempt', async () => {
    const harness = refreshing({ outcome: 'ignored' }, async () => {
      expect(await harness.admits()).toBe(true)
      await refresh()
    })
    await harness.halfOpen()
    upstream.status = undefined
    await harness.instance.get(EXPIRED)
    expect(harness.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })

  it('holds no permit for a request that is cancelled while it waits for the refresh', async () => {
    const abort = new AbortController()
    let waiting: Promise<unknown> = Promise.resolve()
    const harness = refreshing({ outcome: 'ignored' }, async () => {
      // The plugin registers the interceptor in which requests wait after this call.
      await Promise.resolve()
      waiting = errorOf(harness.instance.get('/status/200', { signal: abort.signal }))
      await refresh()
      expect(await harness.admits()).toBe(true)
      abort.abort()
    })
    await harness.halfOpen()
    await harness.instance.get(EXPIRED)
    expect(isCancel(await waiting)).toBe(true)
    expect(harness.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
    expect(await harness.admits()).toBe(true)
  })

  // The option is meant for browsers: it reads `error.request.status`, and an error may have no request.
  it('rejects refusals with a TypeError if interceptNetworkError is on', async () => {
    const harness = refreshing({}, refresh, { interceptNetworkError: true })
    await harness.open()
    expect(await errorOf(harness.instance.get(EXPIRED))).toBeInstanceOf(TypeError)
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(issuer.hits).toBe(0)
    expect(await harness.admitsProbe()).toBe(true)
  })
})
