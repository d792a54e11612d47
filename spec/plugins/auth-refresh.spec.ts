/**
 * axios-auth-refresh: a 401 is an answer. The refresh and the second attempt count like any other request.
 */
import axios, { isCancel, type AxiosInstance, type AxiosRequestConfig } from 'axios'
import { createAuthRefresh, type AxiosAuthRefreshOptions } from 'axios-auth-refresh'
import { OpenedStateError } from '../../lib/index.js'
import { Counted, errorOf, ORDERS, type Scenario } from '../support/counted.js'
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
    new Counted(
      upstream,
      order,
      // Its types come from the other module format of axios, so they differ for the compiler.
      (instance) => createAuthRefresh(instance as never, () => call(instance), options),
      scenario,
    )

  it('counts the 401 and what follows the refresh as one success each', async () => {
    const counted = refreshing()
    await errorOf(counted.instance.get('/status/503'))
    counted.reset()
    expect(await counted.instance.get(EXPIRED)).toMatchObject({ status: 200 })
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(counted.circuit.failureCount).toBe(0)
    expect(issuer.hits).toBe(1)
  })

  it('counts a failure after the refresh', async () => {
    const counted = refreshing({}, async () => {
      await refresh()
      upstream.status = 503
    })
    await errorOf(counted.instance.get(EXPIRED))
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
    expect(counted.circuit.failureCount).toBe(1)
  })

  it('counts a refresh through the same instance', async () => {
    const counted = refreshing(
      {},
      async (instance) => {
        upstream.status = 200
        const options: AxiosRequestConfig = { skipAuthRefresh: true } as AxiosRequestConfig
        await instance.post('/token', {}, options)
      },
      { deduplicateRefresh: false },
    )
    await counted.instance.get(EXPIRED)
    expect(counted.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
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
    const counted = refreshing(
      {},
      afterThree(() => counted.counts.attempts),
      { deduplicateRefresh: false },
    )
    expect(await three(counted.instance)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(counted.counts).toEqual({ hits: 6, attempts: 6, failures: 0, refusals: 0 })
    expect(issuer.hits).toBe(1)
  })

  // While it deduplicates, the plugin lets a 401 through that arrives during the refresh.
  it('counts three requests if the plugin repeats only the first', async () => {
    const counted = refreshing(
      {},
      afterThree(() => counted.counts.attempts),
    )
    expect(await three(counted.instance)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(counted.counts).toEqual({ hits: 4, attempts: 4, failures: 0, refusals: 0 })
    expect(issuer.hits).toBe(1)
  })

  it('counts nothing more when the refresh fails', async () => {
    issuer.status = 500
    const counted = refreshing()
    expect(await errorOf(counted.instance.get(EXPIRED))).toMatchObject({
      response: { status: 500 },
    })
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(await counted.admits()).toBe(true)
  })

  it('asks for no token when a request is refused', async () => {
    const counted = refreshing()
    await counted.open()
    expect(await errorOf(counted.instance.get(EXPIRED))).toBeInstanceOf(OpenedStateError)
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(issuer.hits).toBe(0)
    expect(await counted.admitsProbe()).toBe(true)
  })

  it('refuses the second attempt if the circuit opens during the refresh', async () => {
    const counted = refreshing({}, async () => {
      await refresh()
      await counted.open()
    })
    expect(await errorOf(counted.instance.get(EXPIRED))).toBeInstanceOf(OpenedStateError)
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await counted.admitsProbe()).toBe(true)
  })

  it('closes if the answer to a probe is a 401', async () => {
    const counted = refreshing({}, async () => {
      expect(counted.circuit.state).toBe('closed')
      await refresh()
    })
    await counted.halfOpen()
    await counted.instance.get(EXPIRED)
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
  })

  it('passes the permit on from the 401, through the refresh, to the second attempt', async () => {
    const counted = refreshing({ outcome: 'ignored' }, async () => {
      expect(await counted.admits()).toBe(true)
      await refresh()
    })
    await counted.halfOpen()
    upstream.status = undefined
    await counted.instance.get(EXPIRED)
    expect(counted.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('half-opened')
    expect(await counted.admits()).toBe(true)
  })

  it('holds no permit for a request that is cancelled while it waits for the refresh', async () => {
    const abort = new AbortController()
    let waiting: Promise<unknown> = Promise.resolve()
    const counted = refreshing({ outcome: 'ignored' }, async () => {
      // The plugin registers the interceptor in which requests wait after this call.
      await Promise.resolve()
      waiting = errorOf(counted.instance.get('/status/200', { signal: abort.signal }))
      await refresh()
      expect(await counted.admits()).toBe(true)
      abort.abort()
    })
    await counted.halfOpen()
    await counted.instance.get(EXPIRED)
    expect(isCancel(await waiting)).toBe(true)
    expect(counted.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
    expect(await counted.admits()).toBe(true)
  })

  // The option is meant for browsers: it reads `error.request.status`, and an error may have no request.
  it('rejects refusals with a TypeError if interceptNetworkError is on', async () => {
    const counted = refreshing({}, refresh, { interceptNetworkError: true })
    await counted.open()
    expect(await errorOf(counted.instance.get(EXPIRED))).toBeInstanceOf(TypeError)
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(issuer.hits).toBe(0)
    expect(await counted.admitsProbe()).toBe(true)
  })
})
