/** Every way to send a request through an instance passes the circuit exactly once. */
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios'
import { OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

type Send = (instance: AxiosInstance, url: string, config?: AxiosRequestConfig) => Promise<unknown>

const FORM = { name: 'naruto' }

const FORMS: [string, Send][] = [
  ['instance(url)', (instance, url, config) => instance(url, config)],
  ['instance(config)', (instance, url, config) => instance({ ...config, url })],
  ['request(config)', (instance, url, config) => instance.request({ ...config, url })],
  ['get', (instance, url, config) => instance.get(url, config)],
  ['delete', (instance, url, config) => instance.delete(url, config)],
  ['head', (instance, url, config) => instance.head(url, config)],
  ['options', (instance, url, config) => instance.options(url, config)],
  ['post', (instance, url, config) => instance.post(url, FORM, config)],
  ['put', (instance, url, config) => instance.put(url, FORM, config)],
  ['patch', (instance, url, config) => instance.patch(url, FORM, config)],
  ['postForm', (instance, url, config) => instance.postForm(url, FORM, config)],
  ['putForm', (instance, url, config) => instance.putForm(url, FORM, config)],
  ['patchForm', (instance, url, config) => instance.patchForm(url, FORM, config)],
  [
    'query',
    // axios 1.13 knows the method, but has no function for it.
    (instance, url, config) =>
      'query' in instance
        ? instance.query(url, FORM, config)
        : (instance as AxiosInstance).request({ ...config, url, method: 'query', data: FORM }),
  ],
]

/** A pair of interceptors that do nothing, and make the chain asynchronous. */
const pass = (instance: AxiosInstance): void => {
  instance.interceptors.request.use(async (config) => config)
  instance.interceptors.response.use(
    async (response) => response,
    async (error) => {
      throw error
    },
  )
}

describe.each(ORDERS)('a circuit %s other interceptors', (order) => {
  const passing = (scenario?: Scenario) => new PluginHarness(upstream, order, pass, scenario)

  describe.each(FORMS)('of a request by %s', (_form, send) => {
    it('counts an answer once', async () => {
      const harness = passing()
      await send(harness.instance, '/status/200')
      expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    })

    it('counts a failure once', async () => {
      const harness = passing()
      await errorOf(send(harness.instance, '/status/503'))
      expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
    })

    it('refuses it while opened', async () => {
      const harness = passing()
      await harness.open()
      expect(await errorOf(send(harness.instance, '/'))).toBeInstanceOf(OpenedStateError)
      expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    })

    it('sends it past the circuit while opened, and does not count it, if asked to', async () => {
      const harness = passing()
      await harness.open()
      await errorOf(send(harness.instance, '/status/503', { circuitBreaker: false }))
      expect(harness.counts).toEqual({ hits: 1, attempts: 0, failures: 0, refusals: 0 })
    })

    it('passes the permit on to the next', async () => {
      const harness = passing({ outcome: 'ignored' })
      await harness.halfOpen()
      await send(harness.instance, '/status/200')
      await errorOf(send(harness.instance, '/status/503'))
      expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
      expect(await harness.admits()).toBe(true)
    })
  })

  it('covers every form that this axios has', () => {
    const harness = passing()
    const names = Object.keys(harness.instance).filter((name) => !NO_FORMS.has(name))
    const known = FORMS.map(([form]) => form).filter((form) => !form.includes('('))
    expect(names.toSorted()).toEqual(
      [...known, 'request'].filter((form) => form !== 'query' || 'query' in axios).toSorted(),
    )
  })
})

/** All other members of an instance. */
const NO_FORMS = new Set([
  '_request',
  'constructor',
  'create',
  'defaults',
  'getUri',
  'interceptors',
])
