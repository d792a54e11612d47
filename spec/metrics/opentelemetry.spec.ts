/** What the real SDK of OpenTelemetry gets about circuits, and what a span shows about a refusal. */
import { context, metrics, trace, type Meter } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import axios from 'axios'
import { CircuitBreaker, ConfigError, type CircuitBreakerOptions } from '../../lib/index.js'
import { observeMetrics } from '../../lib/metrics/opentelemetry/index.js'
import { MemoryStorage, TestClock } from '../../lib/testing/index.js'
import { advance } from '../support/clock.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

const HOUR = 3_600_000

/** A meter of the real SDK, whose exports are read. */
class Exported {
  readonly exporter
  readonly reader
  readonly provider
  readonly meter: Meter

  constructor(temporality = AggregationTemporality.CUMULATIVE) {
    this.exporter = new InMemoryMetricExporter(temporality)
    this.reader = new PeriodicExportingMetricReader({
      exporter: this.exporter,
      exportIntervalMillis: HOUR,
    })
    this.provider = new MeterProvider({ readers: [this.reader] })
    this.meter = this.provider.getMeter('spec')
  }

  /** The last export. */
  async metrics() {
    this.exporter.reset()
    await this.reader.forceFlush()
    const [exported] = this.exporter.getMetrics()
    return exported?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
  }

  /** The values of a metric by its attributes, without the circuit's name; the counts of a histogram. */
  async values(metric: string): Promise<Record<string, number>> {
    const found = (await this.metrics()).find((it) => it.descriptor.name === metric)
    const values = found?.dataPoints.map(({ attributes, value }) => {
      const { 'circuit_breaker.name': _name, ...rest } = attributes
      const key = Object.values(rest).join(' ')
      return [key, typeof value === 'number' ? value : value.count]
    })
    return Object.fromEntries(values ?? [])
  }
}

const providers: MeterProvider[] = []
afterEach(async () => {
  for (const provider of providers.splice(0)) await provider.shutdown()
})

function observed(options: CircuitBreakerOptions = {}, exported = new Exported()) {
  providers.push(exported.provider)
  const breaker = new CircuitBreaker({ threshold: 2, ttl: 60, ...options })
  const users = axios.create({ baseURL: upstream.origin })
  const circuit = breaker.attach(users, 'users')
  const stop = observeMetrics(breaker, { meter: exported.meter })
  const request = (path: string, method = 'get') =>
    users.request({ url: path, method }).then(({ status }) => status, String)
  return { breaker, circuit, exported, request, stop, users }
}

it('shows the state of a circuit as it is when it is asked for', async () => {
  const { exported, request } = observed()
  const state = () => exported.values('circuit_breaker.state')
  expect(await state()).toEqual({ '': 0 })
  await request('/status/500')
  await request('/status/500')
  expect(await state()).toEqual({ '': 2 })
  advance(61)
  expect(await state()).toEqual({ '': 1 })
})

it('counts failures, refusals, probes and transitions, from 0', async () => {
  const { exported, request } = observed()
  expect(await exported.values('circuit_breaker.error')).toEqual({ '': 0 })
  await request('/status/500')
  await request('/reset')
  await request('/')
  advance(61)
  await request('/')
  expect(await exported.values('circuit_breaker.error')).toEqual({ '': 2 })
  expect(await exported.values('circuit_breaker.rejected')).toEqual({ opened: 1, 'half-opened': 0 })
  expect(await exported.values('circuit_breaker.probe')).toEqual({
    success: 1,
    failure: 0,
    ignored: 0,
  })
  expect(await exported.values('circuit_breaker.transitions')).toEqual({
    'closed local': 1,
    'opened local streak': 1,
    'opened local probe': 0,
    'half-opened local': 1,
  })
})

it('shows the failure rate as it is when it is asked for, and what opened the circuit', async () => {
  const failureRate = { threshold: 0.5, minimumRequests: 4 }
  const { breaker, circuit, exported, request } = observed({ failureRate, threshold: 3 })
  breaker.attach(axios.create(), 'avatars', { failureRate: false })
  const ratio = () => exported.values('circuit_breaker.failure_ratio')
  expect(await ratio()).toEqual({ '': 0 })
  for (const path of ['/', '/status/500', '/']) await request(path)
  expect(await ratio()).toEqual({ '': 1 / 3 })
  advance(11)
  expect(await ratio()).toEqual({ '': 0 })
  for (const path of ['/', '/status/500', '/', '/status/500']) await request(path)
  const transitions = await exported.values('circuit_breaker.transitions')
  expect(transitions).toMatchObject({ 'opened local rate': 1, 'opened local streak': 0 })
  advance(61)
  for (const path of ['/', '/', '/status/500']) await request(path)
  expect(await ratio()).toEqual({ '': 0.5 })
  circuit.detach()
  // An SDK that exports cumulatively repeats what was shown last.
  expect(await ratio()).toEqual({ '': 0 })
})

it('counts slow requests while they are under way', async () => {
  const clock = new TestClock()
  const { exported, request } = observed({ slowAfter: 2, threshold: 9, now: clock.now })
  expect(await exported.values('circuit_breaker.slow')).toEqual({ '': 0 })
  const held = request('/hold')
  await until('it has arrived', () => upstream.held.length === 1)
  clock.advance(3)
  expect(await exported.values('circuit_breaker.slow')).toEqual({ '': 1 })
  upstream.release(200)
  await held
  expect(await exported.values('circuit_breaker.slow')).toEqual({ '': 1 })
})

it('times requests in seconds, under the attributes of the conventions', async () => {
  const { exported, request, users } = observed({ threshold: 99 })
  for (const path of ['/', '/status/404', '/status/503', '/reset']) await request(path)
  await users.get('/hang', { timeout: 20 }).catch(() => undefined)
  await request('/', 'purge')
  const found = (await exported.metrics()).find(
    ({ descriptor }) => descriptor.name === 'circuit_breaker.request.duration',
  )
  expect(found?.descriptor).toMatchObject({ unit: 's', type: 'HISTOGRAM' })
  const common = { 'circuit_breaker.name': 'users', 'http.request.method': 'GET' }
  expect(found?.dataPoints.map(({ attributes }) => attributes)).toEqual([
    { ...common, 'http.response.status_code': 200 },
    { ...common, 'http.response.status_code': 404, 'error.type': '404' },
    { ...common, 'http.response.status_code': 503, 'error.type': '503' },
    { ...common, 'error.type': 'ECONNRESET' },
    { ...common, 'error.type': 'ECONNABORTED' },
    { ...common, 'http.request.method': '_OTHER', 'http.response.status_code': 200 },
  ])
  const [first] = found?.dataPoints ?? []
  expect(first?.value).toMatchObject({
    count: 1,
    buckets: { boundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30] },
  })
})

it('knows a method that an interceptor has written in capitals', async () => {
  const { exported, request, users } = observed()
  users.interceptors.request.use((config) => Object.assign(config, { method: 'POST' }))
  await request('/')
  const values = await exported.values('circuit_breaker.request.duration')
  expect(Object.keys(values)).toEqual(['POST 200'])
})

it('counts separately what a circuit that is forced closed would have refused', async () => {
  const { circuit, exported, request } = observed()
  expect(await exported.values('circuit_breaker.dry_run.rejected')).toEqual({ '': 0 })
  await circuit.force('closed')
  expect(await exported.values('circuit_breaker.forced')).toEqual({ opened: 0, closed: 1 })
  for (const path of ['/status/500', '/status/500', '/']) await request(path)
  expect(await exported.values('circuit_breaker.rejected')).toEqual({ opened: 0, 'half-opened': 0 })
  expect(await exported.values('circuit_breaker.dry_run.rejected')).toEqual({ '': 1 })
})

it('has a bounded number of series, whatever codes and methods there are', async () => {
  const { exported, users } = observed({ threshold: 999 })
  for (let count = 0; count < 200; count += 1) {
    const code = count % 2 ? `of request ${count}` : `CODE_${count}`
    const adapter = () => Promise.reject(Object.assign(new Error('down'), { code }))
    await users.request({ method: `X-${count}`, adapter }).catch(() => undefined)
  }
  const values = await exported.values('circuit_breaker.request.duration')
  expect(Object.keys(values).length).toBeLessThanOrEqual(51)
  expect(values['_OTHER _OTHER']).toBeGreaterThanOrEqual(150)
})

describe('the storage', () => {
  it('is shown only if there is one, with its state and the times of its commands', async () => {
    const exported = new Exported()
    observed({}, exported)
    expect(await exported.values('circuit_breaker.storage.up')).toEqual({})
    const storage = new MemoryStorage()
    const { breaker } = observed({ storage }, exported)
    let commands = 0
    breaker.on('storageAnswered', () => (commands += 1))
    await breaker.init()
    expect(await exported.values('circuit_breaker.storage.up')).toEqual({ '': 1 })
    expect(commands).toBeGreaterThan(0)
    expect(await exported.values('circuit_breaker.storage.command.duration')).toEqual({
      '': commands,
    })
    storage.goDown()
    expect(await exported.values('circuit_breaker.storage.up')).toEqual({ '': 0 })
    await breaker.close()
  })

  it('moves circuits of processes that saw no failure, and they show it', async () => {
    const storage = new MemoryStorage()
    const [one, two] = [observed({ storage }), observed({ storage })]
    for (const { breaker } of [one, two]) await breaker.init()
    await one.request('/status/500')
    await one.request('/status/500')
    await until('the other has heard', () => two.circuit.state === 'opened')
    expect(await two.exported.values('circuit_breaker.state')).toEqual({ '': 2 })
    const transitions = await two.exported.values('circuit_breaker.transitions')
    expect(transitions).toMatchObject({ 'opened shared streak': 1, 'opened local streak': 0 })
    for (const { breaker } of [one, two]) await breaker.close()
  })
})

describe('through one meter', () => {
  it('adds up circuits of one name of several breakers, and shows the worse state', async () => {
    const exported = new Exported()
    const [one, two] = [observed({ threshold: 1 }, exported), observed({}, exported)]
    await one.request('/status/500')
    await two.request('/status/500')
    expect(await exported.values('circuit_breaker.state')).toEqual({ '': 2 })
    expect(await exported.values('circuit_breaker.error')).toEqual({ '': 2 })
    one.stop()
    expect(await exported.values('circuit_breaker.state')).toEqual({ '': 0 })
  })

  it.each([
    ['no more', AggregationTemporality.DELTA, {}],
    [
      'as not forced by an SDK that does not forget',
      AggregationTemporality.CUMULATIVE,
      { opened: 0, closed: 0 },
    ],
  ])('a circuit that is forced, and detached, is shown %s', async (_how, temporality, expected) => {
    const exported = new Exported(temporality)
    const { circuit } = observed({}, exported)
    const forces = () => exported.values('circuit_breaker.forced')
    await circuit.force('opened')
    expect(await forces()).toEqual({ opened: 1, closed: 0 })
    circuit.detach()
    expect(await forces()).toEqual({ opened: 0, closed: 0 })
    expect(await forces()).toEqual(expected)
  })

  it.each([
    ['no more', AggregationTemporality.DELTA, {}],
    ['as closed by an SDK that does not forget', AggregationTemporality.CUMULATIVE, { '': 0 }],
  ])('a circuit that is detached is shown %s', async (_how, temporality, expected) => {
    const exported = new Exported(temporality)
    const { circuit, request } = observed({ threshold: 1 }, exported)
    const state = () => exported.values('circuit_breaker.state')
    await request('/status/500')
    expect(await state()).toEqual({ '': 2 })
    circuit.detach()
    expect(await state()).toEqual({ '': 0 })
    expect(await state()).toEqual(expected)
  })

  it('observes a breaker only once, however often it is asked', async () => {
    const { breaker, exported, request, stop } = observed()
    expect(observeMetrics(breaker, { meter: exported.meter })).toBe(stop)
    await request('/status/500')
    expect(await exported.values('circuit_breaker.error')).toEqual({ '': 1 })
  })

  it('exports nothing once it is stopped', async () => {
    const { exported, request, stop } = observed()
    stop()
    stop()
    await request('/status/500')
    expect(await exported.values('circuit_breaker.error')).toEqual({ '': 0 })
    expect(await exported.values('circuit_breaker.state')).toEqual({})
    expect(await exported.values('circuit_breaker.request.duration')).toEqual({})
  })

  it('uses the global provider if no meter is given', async () => {
    const exported = new Exported()
    providers.push(exported.provider)
    metrics.setGlobalMeterProvider(exported.provider)
    const breaker = new CircuitBreaker()
    breaker.attach(axios.create(), 'users')
    observeMetrics(breaker)
    expect(await exported.values('circuit_breaker.state')).toEqual({ '': 0 })
    metrics.disable()
  })

  it.each<[string, object, string]>([
    ['a meter that is none', { meter: {} }, 'Expected a meter, given an object'],
    ['a misspelt option', { metre: 1 }, 'some of meter, buckets'],
    ['unsorted buckets', { buckets: [2, 1] }, 'Expected ascending numbers of seconds above 0'],
    ['other buckets', { buckets: [1, 2] }, 'this meter already has other buckets'],
  ])('%s is refused', (_what, options, message) => {
    const { breaker, exported } = observed()
    const observe = () => observeMetrics(breaker, { meter: exported.meter, ...options })
    expect(observe).toThrow(ConfigError)
    expect(observe).toThrow(message)
    expect(() => observeMetrics({} as never)).toThrow('Invalid breaker: expected a CircuitBreaker')
  })
})

describe('a span', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const tracer = provider.getTracer('spec')
  beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
  afterAll(async () => {
    context.disable()
    await provider.shutdown()
  })
  afterEach(() => exporter.reset())

  /** The events of spans, by the names of the spans. */
  const events = () =>
    exporter
      .getFinishedSpans()
      .map((span) => [
        span.name,
        ...span.events.map(({ name, attributes }) => ({ name, ...attributes })),
      ])

  it('gets an event for the refusal of its own request, and for no other', async () => {
    const { request } = observed({ threshold: 1 })
    const traced = (name: string) =>
      tracer.startActiveSpan(name, async (span) => {
        await Promise.resolve()
        await request('/status/500').finally(() => span.end())
      })
    await traced('failing')
    await Promise.all([traced('one'), traced('two')])
    await request('/')
    const refusal = {
      name: 'circuit_breaker.rejected',
      'circuit_breaker.name': 'users',
      'circuit_breaker.state': 'opened',
      'circuit_breaker.retry_after': expect.any(Number),
    }
    expect(events()).toEqual([['failing'], ['one', refusal], ['two', refusal]])
    expect(trace.getActiveSpan()).toBeUndefined()
  })

  it('shows that the circuit is forced open, and what a dry run would have refused', async () => {
    const { circuit, request } = observed({ threshold: 1 })
    const traced = (name: string) =>
      tracer.startActiveSpan(name, (span) => request('/status/500').finally(() => span.end()))
    await circuit.force('opened', { by: 'ann' })
    await traced('refused')
    await circuit.force('closed')
    await traced('opening')
    await traced('spared')
    const event = { 'circuit_breaker.name': 'users', 'circuit_breaker.state': 'opened' }
    expect(events()).toEqual([
      [
        'refused',
        expect.objectContaining({
          name: 'circuit_breaker.rejected',
          ...event,
          'circuit_breaker.forced': true,
        }),
      ],
      ['opening'],
      [
        'spared',
        {
          name: 'circuit_breaker.dry_run.rejected',
          ...event,
          'circuit_breaker.retry_after': expect.any(Number),
        },
      ],
    ])
  })

  it('gets the event if the fleet was asked first', async () => {
    const storage = new MemoryStorage()
    const { breaker, circuit, request } = observed({ storage, threshold: 1, ttl: 0.05 })
    await breaker.init()
    await request('/status/500')
    await until('the ttl has passed', () => circuit.state === 'half-opened')
    const probe = request('/hold')
    const refused = tracer.startActiveSpan('refused', (span) =>
      request('/').finally(() => span.end()),
    )
    await refused
    await until('the probe has arrived', () => upstream.held.length === 1)
    upstream.release(200)
    await probe
    expect(events()).toEqual([
      ['refused', expect.objectContaining({ 'circuit_breaker.state': 'half-opened' })],
    ])
    await breaker.close()
  })
})
