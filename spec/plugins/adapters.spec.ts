/**
 * Interceptors that choose, replace or drop the adapter, in any order: every sent request passes the circuit.
 */
import axios, { getAdapter, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { CircuitBreaker, OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
import { Upstream } from '../support/upstream.js'

type Config = InternalAxiosRequestConfig
type Change = (config: Config) => Config

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

const sendingBy =
  (adapter: unknown): Change =>
  (config) =>
    Object.assign(config, { adapter }) as Config

function throughJson(config: Config): Config {
  const { headers, transformRequest, transformResponse, validateStatus } = config
  const copy = JSON.parse(JSON.stringify(config)) as Config
  const kept = { headers, transformRequest, transformResponse, validateStatus }
  return Object.assign(copy, kept) as Config
}

function locked(config: Config): Config {
  const { adapter } = config
  return Object.defineProperty(config, 'adapter', { value: adapter, writable: false })
}

/** Makes a config that ignores writes to `adapter`. */
function stubborn(config: Config): Config {
  return Object.defineProperty(config, 'adapter', {
    get: () => 'http',
    set() {
      // Nothing.
    },
    enumerable: true,
  })
}

const ADAPTERS: readonly [string, Change][] = [
  ['chooses another by name', sendingBy('fetch')],
  ['chooses another from a list', sendingBy(['xhr', 'fetch'])],
  ['sets a function', sendingBy(getAdapter('http'))],
  ['sets its own function', sendingBy((config: Config) => getAdapter('http')(config))],
  ['removes it', sendingBy(undefined)],
  ['sets null', sendingBy(null)],
  ['sets false', sendingBy(false)],
  ['sets an empty name', sendingBy('')],
  ['drops it from a copy', ({ adapter: _dropped, ...rest }) => rest as Config],
  [
    'picks all but it',
    ({ url, method, headers, baseURL, validateStatus }) =>
      ({ url, method, headers, baseURL, validateStatus }) as Config,
  ],
  ['sends the config through JSON', throughJson],
  [
    'passes an object that inherits from the config',
    (config) => Object.assign(Object.create(config) as Config, config),
  ],
  ['makes it read-only', locked],
  ['ignores writes to it', stubborn],
]

const ways = ['that is in line', 'that waits'] as const

describe.each(ORDERS)('a circuit %s an interceptor', (order) => {
  describe.each(ways)('%s', (way) => {
    const beside = (change: Change, scenario?: Scenario) => {
      const wait = async (config: Config) => change(config)
      return new PluginHarness(
        upstream,
        order,
        ({ interceptors: { request } }) =>
          way === 'that waits'
            ? request.use(wait)
            : request.use(change, undefined, { synchronous: true }),
        scenario,
      )
    }

    describe.each(ADAPTERS)('and %s', (_what, change) => {
      it('counts what is sent once', async () => {
        const harness = beside(change)
        await errorOf(harness.instance.get('/status/503'))
        await harness.instance.get('/status/200')
        expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
      })

      it('refuses while opened, and lets one probe through', async () => {
        const harness = beside(change)
        await harness.open()
        expect(await errorOf(harness.instance.get('/'))).toBeInstanceOf(OpenedStateError)
        harness.elapse()
        await harness.instance.get('/status/200')
        expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 1 })
        expect(harness.circuit.state).toBe('closed')
      })
    })
  })

  const repeated =
    (times: number): Change =>
    (config) => {
      const { adapter } = config
      const send = getAdapter(adapter ?? [])
      const repeat = async (final: Config, left = times): Promise<AxiosResponse> => {
        const again = (error: unknown): Promise<AxiosResponse> => {
          if (left === 1) throw error
          return repeat(final, left - 1)
        }
        return send(final).catch(again)
      }
      config.adapter = (final) => repeat(final)
      return config
    }

  it('that sends several times through the previous adapter has each attempt counted', async () => {
    const harness = new PluginHarness(upstream, order, ({ interceptors }) =>
      interceptors.request.use(repeated(3)),
    )
    await errorOf(harness.instance.get('/status/503'))
    expect(harness.counts).toEqual({ hits: 3, attempts: 3, failures: 3, refusals: 0 })
    expect(await harness.admits()).toBe(true)
  })

  it('that passes a copy to the previous adapter has the request counted once', async () => {
    const harness = new PluginHarness(upstream, order, ({ interceptors }) =>
      interceptors.request.use((config) => {
        const send = getAdapter(config.adapter ?? [])
        config.adapter = (final) => send({ ...final })
        return config
      }),
    )
    await harness.halfOpen()
    await harness.instance.get('/status/200')
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('closed')
  })
})

const FIFO = { legacyInterceptorReqResOrdering: false } as object
const LIFO: [string, object] = ['last first', {}]
// Before 1.13, axios has a single order, and refuses the option.
const knowsBoth = 'legacyInterceptorReqResOrdering' in Object(axios.defaults.transitional)
const ordersBy = knowsBoth ? [LIFO, ['first first', { transitional: FIFO }] as const] : [LIFO]

describe.each(ordersBy)('interceptors that run %s', (_what, defaults) => {
  it.each(ADAPTERS)('around a circuit, of which one %s, hide nothing', async (_change, change) => {
    const users = axios.create({ baseURL: upstream.origin, ...defaults })
    const breakers = [new CircuitBreaker({ threshold: 2 }), new CircuitBreaker({ threshold: 2 })]
    users.interceptors.request.use(change)
    const circuits = breakers.map((breaker, index) => breaker.attach(users, `users ${index}`))
    users.interceptors.request.use(change)
    await errorOf(users.get('/status/503'))
    expect(circuits.map(({ failureCount }) => failureCount)).toEqual([1, 1])
    await errorOf(users.get('/status/503'))
    expect(circuits.map(({ state }) => state)).toEqual(['opened', 'opened'])
  })
})

describe('the order of interceptors', () => {
  it('is as before once the circuit is detached', async () => {
    const users = axios.create({ baseURL: upstream.origin })
    const ran: string[] = []
    const note = (name: string) => (config: Config) => {
      ran.push(name)
      return config
    }
    users.interceptors.request.use(note('a'))
    const circuit = new CircuitBreaker().attach(users, 'users')
    const id = users.interceptors.request.use(note('b'))
    users.interceptors.request.use(note('c'))
    users.interceptors.request.eject(id)
    await users.get('/status/200')
    circuit.detach()
    await users.get('/status/200')
    expect(ran).toEqual(['c', 'a', 'c', 'a'])
    expect(Object.hasOwn(users.interceptors.request, 'forEach')).toBe(false)
  })

  it('stays as it is if the instance does not allow changes', async () => {
    const users = axios.create({ baseURL: upstream.origin })
    Object.preventExtensions(users.interceptors.request)
    const circuit = new CircuitBreaker().attach(users, 'users')
    await errorOf(users.get('/status/503'))
    expect(circuit.failureCount).toBe(1)
  })
})

it('reports an interceptor that returns nothing as axios does', async () => {
  const users = axios.create({ baseURL: upstream.origin })
  users.interceptors.request.use(() => undefined as never)
  const plain = await errorOf(users.get('/'))
  const circuit = new CircuitBreaker().attach(users, 'users')
  expect(await errorOf(users.get('/'))).toMatchObject({ message: (plain as Error).message })
  expect(circuit.failureCount).toBe(0)
})
