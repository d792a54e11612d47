/**
 * Other kinds of plugins. Each does to an instance what packages of its kind do, and every request counts
 * once.
 */
import http, { Agent } from 'node:http'
import {
  getAdapter,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios'
import { OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS } from '../support/plugin-harness.js'
import { Upstream } from '../support/upstream.js'

type Plug = (instance: AxiosInstance) => unknown

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

/** Like http-cookie-agent: an agent that inspects each request. */
const cookies: Plug = (instance) => {
  class CookieAgent extends Agent {
    addRequest(request: http.ClientRequest, options: object): void {
      request.setHeader('cookie', 'session=1')
      const { addRequest } = Agent.prototype as unknown as {
        addRequest: (request: http.ClientRequest, options: object) => void
      }
      addRequest.call(this, request, options)
    }
  }
  instance.defaults.httpAgent = new CookieAgent()
}

const lowered = (data: unknown): unknown => (typeof data === 'string' ? data.toLowerCase() : data)

/** Like axios-case-converter: adds transforms before and after the existing ones. */
const caseConverter: Plug = ({ defaults }) => {
  defaults.transformRequest = [lowered, ...[defaults.transformRequest ?? []].flat()]
  defaults.transformResponse = [...[defaults.transformResponse ?? []].flat(), lowered]
}

/** Like moxios: replaces the adapter of the instance, and answers by itself. */
const mock: Plug = (instance) => {
  instance.defaults.adapter = async (config) => {
    const status = Number(config.url?.split('/').at(-1))
    const request = {}
    const answer = { data: '{}', status, statusText: '', headers: {}, config, request }
    if (status < 400) return answer as AxiosResponse
    throw Object.assign(new Error(`status ${status}`), { config, request, response: answer })
  }
}

/** Like instrumentation of http: replaces the function that the transport calls. */
const traced: Plug = (instance) => {
  const transport = {
    request: (options: http.RequestOptions, answered: (answer: http.IncomingMessage) => void) => {
      const request = http.request(options, answered)
      request.on('response', (response) => response.on('end', () => undefined))
      return request
    },
  }
  Object.assign(instance.defaults, { transport })
}

/** Like tracing: wraps the adapter of an instance. */
const spanned: Plug = (instance) => {
  const send = getAdapter(instance.defaults.adapter ?? [])
  instance.defaults.adapter = async (...given: Parameters<AxiosAdapter>) => {
    try {
      return await send(...given)
    } finally {
      await Promise.resolve()
    }
  }
}

const none: Plug = () => undefined

const KINDS: readonly [string, Plug, boolean][] = [
  ['an agent with cookies', cookies, true],
  ['a case converter', caseConverter, true],
  ['a mock in place of the adapter', mock, false],
  ['instrumentation around the transport', traced, true],
  ['instrumentation around the adapter', spanned, true],
  ['no plugin', none, true],
]

describe.each(ORDERS)('a circuit %s', (order) => {
  describe.each(KINDS)('%s', (_what, plug, sends) => {
    it('counts each request once, and refuses while opened', async () => {
      const harness = new PluginHarness(upstream, order, plug, { threshold: 2 })
      await harness.instance.get('/status/200')
      await errorOf(harness.instance.post('/status/503', { a: 1 }))
      await errorOf(harness.instance.get('/status/503'))
      expect(await errorOf(harness.instance.get('/status/200'))).toBeInstanceOf(OpenedStateError)
      const hits = sends ? 3 : 0
      expect(harness.counts).toEqual({ hits, attempts: 3, failures: 2, refusals: 1 })
    })
  })

  // Like axios-ntlm: answers a 401 with further requests through the same instance.
  const dance: Plug = (instance) =>
    instance.interceptors.response.use(undefined, async (error: unknown) => {
      const { config, response } = error as { config: AxiosRequestConfig; response?: AxiosResponse }
      const step = Number(config.headers?.['x-step'] ?? 0) + 1
      if (response?.status !== 401 || step > 2) throw error
      const url = step === 2 ? '/status/200' : config.url
      return instance.request({ ...config, url: url ?? '/', headers: { 'x-step': step } })
    })

  it('counts each request of an exchange, and a probe keeps its permit', async () => {
    const harness = new PluginHarness(upstream, order, dance)
    await harness.halfOpen()
    expect(await harness.instance.get('/status/401')).toMatchObject({ status: 200 })
    expect(harness.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('closed')
  })

  it('ends an exchange with the refusal if the circuit opens in between', async () => {
    const harness = new PluginHarness(upstream, order, dance)
    await harness.open()
    expect(await errorOf(harness.instance.get('/status/401'))).toBeInstanceOf(OpenedStateError)
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
  })
})

/** A client as generators write it: it uses the instance that it is given, or makes its own. */
class GeneratedClient {
  constructor(readonly instance: AxiosInstance) {}

  readonly status = (code: number, params: AxiosRequestConfig = {}) =>
    this.request({
      path: `/status/${code}`,
      method: 'GET',
      format: 'json',
      secure: true,
      ...params,
    })

  /** The properties that the generator adds to a config stay in it. */
  private async request({
    path,
    format,
    ...rest
  }: Record<string, unknown>): Promise<AxiosResponse> {
    const given = { ...rest, url: String(path), responseType: format, headers: {} }
    return this.instance.request(given as AxiosRequestConfig)
  }
}

it('a generated client is guarded through its instance, and can send past the circuit', async () => {
  const harness = new PluginHarness(
    upstream,
    'attached after',
    (instance) => new GeneratedClient(instance),
  )
  const client = harness.plugged
  await errorOf(client.status(503))
  await client.status(200)
  expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
  await harness.open()
  expect(await errorOf(client.status(200))).toBeInstanceOf(OpenedStateError)
  expect(await client.status(200, { circuitBreaker: false })).toMatchObject({ status: 200 })
})
