/** retry-axios, and other interceptors that read the error's config: none of them retries a refusal. */
import { type AxiosError, type AxiosInstance } from 'axios'
import * as rax from 'retry-axios'
import { OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

type Options = Record<string, unknown>
type Plug = (instance: AxiosInstance) => unknown

const yes = (): boolean => true
const AT_ONCE = { retryDelay: 1, backoffType: 'static', statusCodesToRetry: [[500, 599]] }

const retryAxios =
  (raxConfig: Options | undefined): Plug =>
  (instance) => {
    Object.assign(instance.defaults, raxConfig && { raxConfig: { ...AT_ONCE, ...raxConfig } })
    return rax.attach(instance)
  }

/** A retry that is often copied from the issues of axios: it reads a number from the config. */
const byNumber =
  (key: string): Plug =>
  (instance) => {
    Object.assign(instance.defaults, { [key]: 3 })
    instance.interceptors.response.use(undefined, async (error: AxiosError) => {
      const config = error.config as (Options & object) | undefined
      if (!config?.[key]) throw error
      const count = Number(config['__count'] ?? 0)
      if (count >= Number(config[key])) throw error
      return instance.request({ ...config, __count: count + 1 } as object)
    })
  }

/** A retry that reads a condition and a limit from an object in the config. */
const byOptions: Plug = (instance) => {
  Object.assign(instance.defaults, { retryOptions: { maxRetries: 3, shouldRetry: yes } })
  instance.interceptors.response.use(undefined, async (error: AxiosError) => {
    const { retryOptions } = error.config as unknown as {
      retryOptions: { maxRetries: number; shouldRetry: () => boolean }
    }
    if (retryOptions.maxRetries <= 0 || !retryOptions.shouldRetry()) throw error
    const left = { ...retryOptions, maxRetries: retryOptions.maxRetries - 1 }
    return instance.request({ ...error.config, retryOptions: left } as object)
  })
}

const PLUGINS: readonly [string, Plug][] = [
  ['retry-axios', retryAxios({ retry: 3, noResponseRetries: 3 })],
  ['retry-axios with a condition that says yes', retryAxios({ retry: 3, shouldRetry: yes })],
  ['retry-axios with its defaults', retryAxios(undefined)],
  ['an interceptor that reads config.retry', byNumber('retry')],
  ['an interceptor that reads config.maxRetries', byNumber('maxRetries')],
  ['an interceptor that reads its own options', byOptions],
]

describe.each(ORDERS)('a circuit %s', (order) => {
  describe.each(PLUGINS)('%s', (_what, plug) => {
    const retrying = (scenario: Scenario = {}) => new PluginHarness(upstream, order, plug, scenario)

    it('never repeats a refusal', async () => {
      const harness = retrying()
      await harness.open()
      expect(await errorOf(harness.instance.get('/'))).toBeInstanceOf(OpenedStateError)
      expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
      expect(await harness.admitsProbe()).toBe(true)
    })

    it('opens between the attempts of one request, and refuses the next of them', async () => {
      const harness = retrying({ threshold: 2 })
      expect(await errorOf(harness.instance.get('/status/503'))).toBeInstanceOf(OpenedStateError)
      expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 1 })
    })
  })

  it('counts each attempt of retry-axios', async () => {
    const harness = new PluginHarness(upstream, order, retryAxios({ retry: 3 }))
    await errorOf(harness.instance.get('/status/503'))
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 4, refusals: 0 })
  })

  it("leaves the caller's own options alone", async () => {
    const harness = new PluginHarness(upstream, order, () => undefined)
    await harness.open()
    const raxConfig = { retry: 3, onRetryAttempt: yes }
    const error = (await errorOf(harness.instance.get('/', { raxConfig } as object))) as AxiosError
    expect(raxConfig).toEqual({ retry: 3, onRetryAttempt: yes })
    expect(error.config).toMatchObject({ raxConfig: { retry: 0, onRetryAttempt: yes } })
    expect(error.config).toBe(error.config)
  })
})
