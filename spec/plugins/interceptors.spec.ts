/** Other interceptors: whatever they do to a request or its answer, each sent request counts once. */
import {
  getAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios'
import { OpenedStateError } from '../../lib/index.js'
import {
  AXIOS_MINOR,
  PluginHarness,
  errorOf,
  ORDERS,
  type Order,
  type Scenario,
} from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

type Config = InternalAxiosRequestConfig
type Plug = (instance: AxiosInstance) => unknown

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

const fail = (): never => {
  throw new Error('of another')
}
const onRequest =
  (change: (config: Config) => Config | Promise<Config>): Plug =>
  ({ interceptors }) =>
    interceptors.request.use(change)
const onSuccess =
  (change: (response: AxiosResponse) => unknown): Plug =>
  ({ interceptors }) =>
    interceptors.response.use(change as (response: AxiosResponse) => AxiosResponse)
const onError =
  (change: (error: unknown) => unknown): Plug =>
  ({ interceptors }) =>
    interceptors.response.use(undefined, change)

const map = (cause: unknown): never => {
  throw new Error('mapped', { cause })
}

/** The parts of a config that a careless interceptor keeps. */
const picked = ({ url, method, headers, baseURL, adapter }: Config): Config =>
  ({ url, method, headers, baseURL, adapter }) as Config

/** Wraps the adapter, as the guard of another plugin does. */
function wrapped(config: Config): Config {
  const { adapter } = config
  if (!adapter) return config
  config.adapter = async (final) => getAdapter(adapter)(final)
  return config
}

/** Before 1.20, axios itself writes to the config, so it cannot send one that is sealed or frozen. */
const AXIOS_COPIES_CONFIG = AXIOS_MINOR >= 20
const SEALING: [string, Plug] = ['seals the config', onRequest((config) => Object.seal(config))]

const HARMLESS: [string, Plug][] = [
  ['waits with the request', onRequest(async (config) => config)],
  ['copies the config', onRequest((config) => ({ ...config }))],
  ['copies the config later', onRequest(async (config) => ({ ...config }))],
  ['picks from the config', onRequest(picked)],
  ...(AXIOS_COPIES_CONFIG ? [SEALING] : []),
  ['wraps the adapter', onRequest(wrapped)],
  ['waits with the answer', onSuccess(async (response) => response)],
  ['throws on an answer', onSuccess(fail)],
  ['unwraps the data', onSuccess(({ data }: AxiosResponse) => data as unknown)],
  ['returns nothing for an answer', onSuccess(() => undefined)],
  ['throws on an error', onError(fail)],
  ['swallows an error', onError(() => ({ data: 'all is well' }))],
  ['returns nothing for an error', onError(() => undefined)],
  ['maps an error', onError(map)],
]

/** Interceptors that prevent a request. */
const PREVENTING: [string, Plug][] = [
  ['throws', onRequest(fail)],
  ['rejects', onRequest(async () => fail())],
  ...(AXIOS_COPIES_CONFIG ? [] : [SEALING]),
]

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined)

describe.each(ORDERS)('a circuit %s an interceptor', (order) => {
  const beside = (plug: Plug, scenario?: Scenario) =>
    new PluginHarness(upstream, order, plug, scenario)

  describe.each(HARMLESS)('that %s', (_what, plug) => {
    it('counts each attempt once, for what it was', async () => {
      const harness = beside(plug)
      await settled(harness.instance.get('/status/503'))
      await settled(harness.instance.get('/reset'))
      expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 0 })
      await settled(harness.instance.get('/status/200'))
      expect(harness.counts).toEqual({ hits: 3, attempts: 3, failures: 2, refusals: 0 })
      expect(harness.circuit.failureCount).toBe(0)
    })

    it('refuses while opened', async () => {
      const harness = beside(plug)
      await harness.open()
      await settled(harness.instance.get('/status/200'))
      expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
      expect(await harness.admitsProbe()).toBe(true)
    })

    it('passes the permit on from each attempt to the next', async () => {
      const harness = beside(plug, { outcome: 'ignored' })
      await harness.halfOpen()
      for (const url of ['/status/200', '/status/503', '/reset']) {
        await settled(harness.instance.get(url))
      }
      expect(harness.counts).toEqual({ hits: 3, attempts: 3, failures: 0, refusals: 0 })
      expect(harness.circuit.state).toBe('half-opened')
      expect(await harness.admits()).toBe(true)
    })
  })

  it.each(PREVENTING)('that %s counts nothing and takes no permit', async (_what, plug) => {
    const harness = beside(plug)
    await harness.halfOpen()
    await errorOf(harness.instance.get('/'))
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })

  it('that throws in a synchronous chain counts nothing', async () => {
    const harness = beside(({ interceptors }) =>
      interceptors.request.use(fail, undefined, { synchronous: true }),
    )
    await harness.halfOpen()
    const error = await errorOf(harness.instance.get('/'))
    // Before 1.19, axios fails because the handler is missing, and reports that error instead.
    expect(error).toMatchObject(
      AXIOS_MINOR >= 19 ? { message: 'of another' } : { name: 'TypeError' },
    )
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    expect(await harness.admits()).toBe(true)
  })

  it('that freezes the config does not keep a permit for good', async () => {
    const harness = await frozen(order)
    expect(harness.counts.refusals).toBe(0)
    expect(await harness.admits()).toBe(true)
  })

  // axios skips the interceptors that have not run yet, and sends the request.
  it('that throws, and is followed by one that recovers, has the sent request counted', async () => {
    const harness = beside(({ interceptors }) =>
      interceptors.request.use(fail, () => undefined, { synchronous: true }),
    )
    await harness.halfOpen()
    await harness.instance.get('/')
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
  })

  it('that repeats a failed request counts both', async () => {
    const harness = beside((instance) => {
      let repeats = 1
      const repeat = async (error: { config: Config }): Promise<unknown> => {
        repeats -= 1
        if (repeats < 0) throw error as unknown as Error
        return instance(error.config)
      }
      instance.interceptors.response.use(undefined, repeat)
    })
    await errorOf(harness.instance.get('/status/503'))
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 0 })
  })

  it('that rejects a request, and then sends it after all, has it counted once', async () => {
    const harness = beside((instance) => {
      const turnBack = async (config: Config): Promise<Config> => {
        instance.interceptors.request.eject(id)
        throw Object.assign(new Error('not yet'), { config })
      }
      const id = instance.interceptors.request.use(turnBack)
      const send = (error: { config: Config }): unknown => instance(error.config)
      instance.interceptors.response.use(undefined, send)
    })
    await harness.halfOpen()
    await harness.instance.get('/status/200')
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('closed')
  })

  it('that waits holds no permit in the meantime', async () => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const harness = beside(
      onRequest(async (config) => {
        await gate
        return config
      }),
      { outcome: 'ignored' },
    )
    await harness.halfOpen()
    const request = harness.instance.get('/')
    expect(await harness.admits()).toBe(true)
    go()
    await request
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
  })

  describe('that are all cleared', () => {
    const idle: Plug = onRequest((config) => config)

    it('still records the probe in flight', async () => {
      const abort = new AbortController()
      const harness = beside(idle)
      await harness.halfOpen()
      const probe = settled(harness.instance.get('/hang', { signal: abort.signal }))
      await until('it is in flight', () => harness.counts.hits === 1)
      harness.instance.interceptors.request.clear()
      harness.instance.interceptors.response.clear()
      expect(await errorOf(harness.admits())).toBeInstanceOf(OpenedStateError)
      abort.abort()
      await probe
      expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 1 })
      expect(await harness.admits()).toBe(true)
    })

    it('keeps counting if the response interceptors were cleared', async () => {
      const harness = beside(idle, { threshold: 2 })
      harness.instance.interceptors.response.clear()
      await errorOf(harness.instance.get('/status/503'))
      await errorOf(harness.instance.get('/status/503'))
      expect(await errorOf(harness.instance.get('/'))).toBeInstanceOf(OpenedStateError)
      expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 1 })
    })

    it('neither refuses nor counts if the request interceptors were cleared', async () => {
      const harness = beside(idle)
      harness.instance.interceptors.request.clear()
      await harness.halfOpen()
      await errorOf(harness.instance.get('/status/503'))
      expect(harness.counts).toEqual({ hits: 1, attempts: 0, failures: 0, refusals: 0 })
      expect(await harness.admits()).toBe(true)
    })

    it('counts once after it was detached and attached again', async () => {
      const seen = jest.fn((config: Config) => config)
      const harness = beside(idle)
      harness.instance.interceptors.request.clear()
      // Before 1.20, axios reuses the ids of interceptors that were cleared.
      harness.instance.interceptors.request.use(seen)
      harness.instance.interceptors.request.use(seen)
      harness.circuit.detach()
      const circuit = harness.breaker.attach(harness.instance, 'again')
      await errorOf(harness.instance.get('/status/503'))
      expect(circuit.failureCount).toBe(1)
      expect(seen).toHaveBeenCalledTimes(2)
    })
  })
})

async function frozen(order: Order): Promise<PluginHarness<unknown>> {
  const plug = onRequest((config) => Object.freeze(config))
  const harness = new PluginHarness(upstream, order, plug, { outcome: 'ignored' })
  await harness.halfOpen()
  await settled(harness.instance.get('/'))
  return harness
}

describe('an interceptor that freezes the config', () => {
  it('after the circuit has the sent request counted', async () => {
    const { counts } = await frozen('attached after')
    const sent = AXIOS_COPIES_CONFIG ? 1 : 0
    expect(counts).toEqual({ hits: sent, attempts: sent, failures: 0, refusals: 0 })
  })

  it('before the circuit has the sent request counted', async () => {
    const { counts } = await frozen('attached before')
    const sent = AXIOS_COPIES_CONFIG ? 1 : 0
    expect(counts).toEqual({ hits: sent, attempts: sent, failures: 0, refusals: 0 })
  })
})
