/** Breakers that share a registry: what stays when one is removed, and what is refused. */
import axios, {
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios'
import { AggregatorRegistry, Counter, Registry, type RegistryContentType } from 'prom-client'
import { CircuitBreaker, ConfigError, type CircuitBreakerOptions } from '../../lib/index.js'
import type { ObservedBreaker } from '../../lib/observe/observed.js'
import { collectMetrics } from '../../lib/metrics/prometheus/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { advance } from '../support/clock.js'
import { until } from '../support/until.js'

type AnyRegistry = Registry<RegistryContentType>

const EMPTY = '\n'

/** Answers as its `status` says, without a server. */
class Service {
  status = 200
  readonly instance: AxiosInstance = axios.create({
    adapter: async (config) => this.#answer(config),
    validateStatus: null,
  })

  async get(): Promise<unknown> {
    return this.instance.get('/').catch((error: unknown) => error)
  }

  async fail(): Promise<void> {
    this.status = 500
    await this.get()
  }

  #answer(config: InternalAxiosRequestConfig): AxiosResponse {
    return { data: '', status: this.status, statusText: '', headers: {}, config }
  }
}

function attached(options: CircuitBreakerOptions = {}) {
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 60, ...options })
  const users = new Service()
  return { breaker, users, circuit: breaker.attach(users.instance, 'users') }
}

/** The samples of a metric, without its name. */
async function read(registry: AnyRegistry, metric: string): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n')
  return lines.filter((line) => line.startsWith(metric)).map((line) => line.slice(metric.length))
}

const errors = (registry: AnyRegistry) => read(registry, 'circuit_breaker_error_total')
const states = (registry: AnyRegistry) => read(registry, 'circuit_breaker_state')

describe('a circuit that is detached', () => {
  it('leaves nothing behind, and begins anew when it is attached again', async () => {
    const registry = new Registry()
    const { breaker, users, circuit } = attached()
    collectMetrics(breaker, { registry })
    await users.fail()
    await users.get()
    circuit.detach()
    expect(await registry.metrics()).not.toContain('users')
    breaker.attach(users.instance, 'users')
    expect(await states(registry)).toEqual(['{client_name="users"} 0'])
    expect(await errors(registry)).toEqual(['{client_name="users"} 0'])
    expect(await registry.metrics()).not.toContain('_bucket')
  })

  it('is not brought back by a request that ends later', async () => {
    const registry = new Registry()
    const { breaker, circuit } = attached()
    collectMetrics(breaker, { registry })
    let answer: (response: never) => void = () => undefined
    const slow = axios.create({ adapter: () => new Promise((resolve) => (answer = resolve)) })
    breaker.attach(slow, 'users')
    const request = slow.get('/')
    await until('the request is under way', () => answer.length === 1)
    circuit.detach()
    answer({ status: 500, data: '', headers: {}, config: {} } as never)
    await request.catch(() => undefined)
    expect(await registry.metrics()).not.toContain('users')
  })
})

describe('two breakers in one registry', () => {
  it('add up circuits of one name, and show the worse state', async () => {
    const registry = new Registry()
    const [one, two] = [attached({ ttl: 10 }), attached()]
    for (const { breaker } of [one, two]) collectMetrics(breaker, { registry })
    await one.users.fail()
    advance(11)
    expect(await states(registry)).toEqual(['{client_name="users"} 1'])
    await two.users.fail()
    expect(await states(registry)).toEqual(['{client_name="users"} 2'])
    expect(await errors(registry)).toEqual(['{client_name="users"} 2'])
  })

  it('show the worse of their rates', async () => {
    const registry = new Registry()
    const ratios = () => read(registry, 'circuit_breaker_failure_ratio')
    const [one, two] = [attached({ failureRate: 0.9, threshold: 9 }), attached()]
    for (const { breaker } of [one, two]) collectMetrics(breaker, { registry })
    await one.users.get()
    await one.users.fail()
    expect(await ratios()).toEqual(['{client_name="users"} 0.5'])
    const three = attached({ failureRate: 0.9, threshold: 9 })
    collectMetrics(three.breaker, { registry })
    await three.users.fail()
    expect(await ratios()).toEqual(['{client_name="users"} 1'])
    three.circuit.detach()
    one.circuit.detach()
    expect(await ratios()).toEqual([])
  })

  it.each(['detaches', 'is removed'])('keep a circuit if only one of them %s', async (what) => {
    const registry = new Registry()
    const [one, two] = [attached(), attached()]
    const stop = collectMetrics(one.breaker, { registry })
    const stopOther = collectMetrics(two.breaker, { registry })
    await one.users.fail()
    if (what === 'detaches') one.circuit.detach()
    else stop()
    expect(await states(registry)).toEqual(['{client_name="users"} 0'])
    expect(await errors(registry)).toEqual(['{client_name="users"} 1'])
    await two.users.fail()
    expect(await errors(registry)).toEqual(['{client_name="users"} 2'])
    stop()
    stopOther()
    expect(await registry.metrics()).toBe(EMPTY)
  })
})

describe('the storage', () => {
  it('is shown only if there is one, with its state', async () => {
    const registry = new Registry()
    const up = () => read(registry, 'circuit_breaker_storage_up')
    collectMetrics(attached().breaker, { registry })
    expect(await registry.metrics()).not.toContain('storage')
    const [one, two] = [new MemoryStorage(), new MemoryStorage()]
    const breakers = [one, two].map((storage) => attached({ storage }).breaker)
    const stops = breakers.map((breaker) => collectMetrics(breaker, { registry }))
    expect(await up()).toEqual([' 0'])
    for (const breaker of breakers) await breaker.init()
    expect(await up()).toEqual([' 1'])
    two.goDown()
    expect(await up()).toEqual([' 0'])
    stops[1]?.()
    expect(await up()).toEqual([' 1'])
    stops[0]?.()
    expect(await registry.metrics()).not.toContain('storage')
    for (const breaker of breakers) await breaker.close()
  })

  it('is timed, command by command', async () => {
    const registry = new Registry()
    const { breaker, users } = attached({ storage: new MemoryStorage() })
    collectMetrics(breaker, { registry })
    await breaker.init()
    let commands = 0
    breaker.on('storageAnswered', () => (commands += 1))
    const count = async () =>
      Number((await read(registry, 'circuit_breaker_storage_command_duration_seconds_count'))[0])
    const before = await count()
    await users.fail()
    await breaker.flush()
    expect(commands).toBeGreaterThan(0)
    expect(await count()).toBe(before + commands)
    await breaker.close()
  })

  it('moves circuits of processes that saw no failure, and they show it', async () => {
    const registry = new Registry()
    const storage = new MemoryStorage()
    const [one, two] = [attached({ storage }), attached({ storage })]
    collectMetrics(two.breaker, { registry })
    for (const { breaker } of [one, two]) await breaker.init()
    expect(await states(registry)).toEqual(['{client_name="users"} 0'])
    await one.users.fail()
    await until('the other has heard', async () => !(await states(registry)).join().endsWith(' 0'))
    expect(await states(registry)).toEqual(['{client_name="users"} 2'])
    expect(await errors(registry)).toEqual(['{client_name="users"} 0'])
    const transitions = await read(registry, 'circuit_breaker_transitions_total')
    const opened = '{client_name="users",to="opened",'
    expect(transitions).toContain(`${opened}origin="shared",cause="streak"} 1`)
    expect(transitions).toContain(`${opened}origin="local",cause="streak"} 0`)
    for (const { breaker } of [one, two]) await breaker.close()
  })
})

describe('a registry', () => {
  it('is as before once all breakers are removed', async () => {
    const registry = new Registry()
    const own = new Counter({ name: 'own_total', help: 'Of the app.', registers: [registry] })
    const { breaker, users } = attached({ storage: new MemoryStorage() })
    await breaker.init()
    const stop = collectMetrics(breaker, { registry })
    stop()
    stop()
    await users.fail()
    own.inc()
    expect(registry.getMetricsAsArray()).toEqual([own])
    await breaker.close()
  })

  it('does not listen to a breaker that was removed', () => {
    const { breaker } = attached()
    let listeners = 0
    const observed: ObservedBreaker = {
      circuits: breaker.circuits,
      circuit: (name) => breaker.circuit(name),
      storageUp: undefined,
      on: (event, listener) => {
        listeners += 1
        const unsubscribe = breaker.on(event, listener)
        return () => {
          listeners -= 1
          unsubscribe()
        }
      },
    }
    const stop = collectMetrics(observed, { registry: new Registry() })
    expect(listeners).toBeGreaterThan(0)
    stop()
    expect(listeners).toBe(0)
  })

  it('collects a breaker only once, however often it is asked', async () => {
    const registry = new Registry()
    const { breaker, users } = attached()
    const stop = collectMetrics(breaker, { registry })
    expect(collectMetrics(breaker, { registry, statusLabel: 'class' })).toBe(stop)
    await users.fail()
    expect(await errors(registry)).toEqual(['{client_name="users"} 1'])
    stop()
    expect(await registry.metrics()).toBe(EMPTY)
    collectMetrics(breaker, { registry, statusLabel: 'code' })
    stop()
    expect(await states(registry)).toEqual(['{client_name="users"} 2'])
    expect(await errors(registry)).toEqual(['{client_name="users"} 0'])
  })

  it('that was cleared can be used again', async () => {
    const registry = new Registry()
    const { breaker, users } = attached()
    const stop = collectMetrics(breaker, { registry })
    registry.clear()
    collectMetrics(breaker, { registry })
    stop()
    await users.fail()
    expect(await errors(registry)).toEqual(['{client_name="users"} 1'])
  })

  it('that was reset counts from 0', async () => {
    const registry = new Registry()
    const { breaker, users } = attached()
    collectMetrics(breaker, { registry })
    await users.fail()
    registry.resetMetrics()
    expect(await registry.metrics()).not.toContain('_bucket')
    expect(await states(registry)).toEqual(['{client_name="users"} 2'])
  })

  it('of OpenMetrics shows each metric once', async () => {
    const registry: Registry<RegistryContentType> = new Registry()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const stop = collectMetrics(attached().breaker, { registry })
    await registry.metrics()
    const stopOther = collectMetrics(attached().breaker, { registry })
    const text = await registry.metrics()
    expect(text.match(/^# TYPE circuit_breaker_error counter$/gm)).toHaveLength(1)
    expect(text).toMatch(/^circuit_breaker_error_total\{client_name="users"\} 0$/m)
    stop()
    stopOther()
    expect(registry.getMetricsAsArray()).toEqual([])
  })

  it('of a cluster adds up the workers, and shows the worst state', async () => {
    const workers = [attached(), attached({ storage: new MemoryStorage() })].map((worker) => {
      const registry = new Registry()
      collectMetrics(worker.breaker, { registry })
      return { ...worker, registry }
    })
    await workers[1]?.breaker.init()
    for (const { users } of workers) await users.fail()
    const received = await Promise.all(workers.map(({ registry }) => registry.getMetricsAsJSON()))
    const whole = AggregatorRegistry.aggregate(JSON.parse(JSON.stringify(received)))
    expect(await states(whole)).toEqual(['{client_name="users"} 2'])
    expect(await errors(whole)).toEqual(['{client_name="users"} 2'])
    expect(await read(whole, 'circuit_breaker_request_duration_seconds_count')).toEqual([
      '{client_name="users",method="GET",status="5xx"} 2',
    ])
    await workers[1]?.breaker.close()
  })
})

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable([1], {})
  revoke()
  return proxy
}

describe('is refused', () => {
  const registry = new Registry()
  const breaker = new CircuitBreaker()
  it.each<[string, object, string]>([
    ['a registry that is none', { registry: {} }, 'a registry of prom-client, given an object'],
    ['a misspelt option', { registery: registry }, 'some of registry, buckets, statusLabel'],
    ['another label', { statusLabel: 'text' }, 'Expected "class" or "code", given a string'],
    ['no buckets', { buckets: [] }, 'Expected ascending numbers of seconds above 0'],
    ['a bucket of 0', { buckets: [0, 1] }, 'Expected ascending numbers'],
    ['unsorted buckets', { buckets: [1, 0.5] }, 'Expected ascending numbers'],
    ['a bucket without end', { buckets: [1, Infinity] }, 'Expected ascending numbers'],
    ['a bucket in words', { buckets: [1, '2'] }, 'Expected ascending numbers'],
    // oxlint-disable-next-line no-sparse-arrays -- the hole is the point
    ['a hole', { buckets: [0.1, , 1] }, 'Expected ascending numbers'],
    // oxlint-disable-next-line no-sparse-arrays -- the hole is the point
    ['a hole at the end', { buckets: [0.1, ,] }, 'Expected ascending numbers'],
    ['what cannot be read', { buckets: revoked() }, 'Expected ascending numbers'],
  ])('%s', (_what, options, message) => {
    const collect = () => collectMetrics(breaker, options)
    expect(collect).toThrow(ConfigError)
    expect(collect).toThrow(message)
  })

  it.each([undefined, null, 'users', {}, registry])('%p in place of a breaker', (other) => {
    expect(() => collectMetrics(other as never, { registry })).toThrow(
      'Invalid breaker: expected a CircuitBreaker, given',
    )
  })

  it('no change to an array that was given before', async () => {
    const [own, buckets] = [new Registry(), [1, 2]]
    const observed = new CircuitBreaker()
    const stop = collectMetrics(observed, { registry: own, buckets })
    buckets.push(0)
    const instance = axios.create({ adapter: async (config) => ({ config, data: '', headers: {}, status: 200, statusText: '' }) }) // prettier-ignore
    observed.attach(instance, 'users')
    await instance.get('/')
    const text = await own.metrics()
    const bounds = [...text.matchAll(/request_duration_seconds_bucket\{.*?le="([^"]+)"/g)]
    expect(bounds.map(([, bound]) => bound)).toEqual(['1', '2', '+Inf'])
    stop()
  })

  it('an option that differs from those of another breaker of the registry', () => {
    const stop = collectMetrics(breaker, { registry })
    const collect = () => collectMetrics(new CircuitBreaker(), { registry, statusLabel: 'code' })
    expect(collect).toThrow(ConfigError)
    expect(collect).toThrow('this registry is already used with other options')
    stop()
  })

  it('a registry that has another metric of such a name, and nothing is left in it', () => {
    const taken = new Registry()
    const name = 'circuit_breaker_storage_up'
    const other = new Counter({ name, help: 'Of the app.', registers: [taken] })
    const { breaker: sharing } = attached({ storage: new MemoryStorage() })
    expect(() => collectMetrics(sharing, { registry: taken })).toThrow(ConfigError)
    expect(() => collectMetrics(sharing, { registry: taken })).toThrow(
      `another metric named "${name}"`,
    )
    expect(taken.getMetricsAsArray()).toEqual([other])
  })
})
