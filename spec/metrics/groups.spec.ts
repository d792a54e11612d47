/** What metrics and the status page show of circuits that a function names, and that come and go. */
import { setImmediate as turn } from 'node:timers/promises'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import axios from 'axios'
import { Registry } from 'prom-client'
import { CircuitBreaker } from '../../lib/index.js'
import { observeMetrics } from '../../lib/metrics/opentelemetry/index.js'
import { collectMetrics } from '../../lib/metrics/prometheus/index.js'
import { statusPage } from '../../lib/status-page/index.js'
import { TestClock } from '../../lib/testing/index.js'
import { EventStream } from '../support/event-stream.js'
import { Host } from '../support/hosted.js'
import { Exporter } from '../support/scrape.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

const IDLE_TIME = 10
const MAX_CIRCUITS = 3

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

let warnings: jest.SpyInstance
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => warnings.mockRestore())

function grouped(maxCircuits = MAX_CIRCUITS) {
  const clock = new TestClock()
  const breaker = new CircuitBreaker({ now: clock.now, failureRate: { threshold: 0.9, window: 5 } })
  const instance = axios.create({ baseURL: upstream.origin })
  const limits = { maxCircuits, idleTime: IDLE_TIME }
  const group = breaker.attach(instance, ({ params }) => params.name as string, limits)
  const send = async (name: string, status = 200): Promise<void> => {
    await instance.get(`/status/${status}`, { params: { name } }).catch(() => undefined)
  }
  return { breaker, clock, group, send }
}

/** Hosts come and go, and in the end there are two, and six requests that went without a circuit. */
async function crowd({ clock, send }: ReturnType<typeof grouped>): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    for (let index = 0; index < 5; index += 1) {
      await send(`evicted-${round}-${index}`, 404)
      if (round > 16) await send(`evicted-${round}-${index}`)
    }
    clock.advance(IDLE_TIME)
  }
  await send('left')
  await send('right', 500)
}

const UNGUARDED = 17 * 2 + 3 * 4

it('prom-client shows the circuits that are there, and counts requests without one', async () => {
  const crowded = grouped()
  const registry = new Registry()
  collectMetrics(crowded.breaker, { registry })
  const exporter = await Exporter.start(registry)
  expect(await exporter.samples('circuit_breaker_unguarded_total')).toEqual({ '': 0 })
  await crowd(crowded)
  expect(crowded.group.unguarded).toBe(UNGUARDED)
  const text = await exporter.text()
  expect(text).not.toContain('evicted')
  expect(text).toContain('client_name="left"')
  expect(text).toContain('client_name="right"')
  expect(await exporter.samples('circuit_breaker_unguarded_total')).toEqual({ '': UNGUARDED })
  expect(Object.keys(await exporter.samples('circuit_breaker_state'))).toHaveLength(2)
  await exporter.stop()
})

it('prom-client adds up the requests of several breakers', async () => {
  const registry = new Registry()
  for (const each of [grouped(1), grouped(1)]) {
    collectMetrics(each.breaker, { registry })
    for (const name of ['a', 'b', 'c']) await each.send(name)
  }
  expect(await registry.getSingleMetricAsString('circuit_breaker_unguarded_total')).toMatch(/ 4$/m)
})

it('prom-client never counts requests of a breaker back, or twice', async () => {
  const registry = new Registry()
  const [first, second] = [grouped(1), grouped(1)]
  const stops = [first, second].map(({ breaker }) => collectMetrics(breaker, { registry }))
  const total = async () => {
    const text = await registry.getSingleMetricAsString('circuit_breaker_unguarded_total')
    return Number(/ (\d+)$/m.exec(text)?.[1])
  }
  for (const name of ['a', 'b', 'c']) await first.send(name)
  expect(await total()).toBe(2)
  stops[0]?.()
  expect(await total()).toBe(2)
  for (const each of [first, second]) await each.send('b')
  await second.send('c')
  collectMetrics(first.breaker, { registry })
  expect(await total()).toBe(4)
  await first.send('c')
  expect(await total()).toBe(5)
})

it('prom-client shows 0 for a breaker of an earlier version', async () => {
  const registry = new Registry()
  const earlier = {
    circuits: [],
    circuit: () => undefined,
    storageUp: undefined,
    on: () => jest.fn(),
  }
  collectMetrics(earlier, { registry })
  expect(await registry.getSingleMetricAsString('circuit_breaker_unguarded_total')).toMatch(/ 0$/m)
})

describe('OpenTelemetry', () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  afterAll(() => provider.shutdown())

  /** The circuits of the last export, and the sum of a metric. */
  async function exported(metric: string) {
    exporter.reset()
    await reader.forceFlush()
    const all = exporter.getMetrics()[0]?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
    const points = all.flatMap(({ descriptor, dataPoints }) =>
      descriptor.name === metric ? (dataPoints as DataPoint<number>[]) : [],
    )
    const names = points.map(({ attributes }) => attributes['circuit_breaker.name'])
    return { names: new Set(names), sum: points.reduce((sum, { value }) => sum + value, 0) }
  }

  it('shows the circuits that are there, and counts requests without one', async () => {
    const crowded = grouped()
    const stop = observeMetrics(crowded.breaker, { meter: provider.getMeter('groups') })
    await crowd(crowded)
    const first = await exported('circuit_breaker.unguarded')
    expect(first.sum).toBe(UNGUARDED)
    await exported('circuit_breaker.state')
    const { names } = await exported('circuit_breaker.state')
    expect(names).toEqual(new Set(['left', 'right']))
    stop()
  })

  it('forgets the first circuits that are gone, if nothing reads the meter for long', async () => {
    const instance = axios.create({ adapter: () => Promise.reject(new Error('down')) })
    const breaker = new CircuitBreaker()
    const stop = observeMetrics(breaker, { meter: provider.getMeter('read late') })
    const group = breaker.attach(instance, ({ url }) => url)
    for (let index = 0; index < 1500; index += 1) {
      await instance.get(`tenant-${index}`).catch(() => undefined)
      group.circuits[0]?.detach()
      // Listeners get at most a thousand events in one turn.
      await turn()
    }
    const { names } = await exported('circuit_breaker.state')
    expect(names.size).toBe(1000)
    expect([names.has('tenant-499'), names.has('tenant-500')]).toEqual([false, true])
    stop()
  })
})

it('the status page shows a row for each circuit that is there', async () => {
  const crowded = grouped()
  const page = statusPage(crowded.breaker)
  const host = await Host.start(page)
  const names = async (): Promise<unknown[]> => {
    const answer = await fetch(`${host.url}?format=json`)
    const { circuits } = (await answer.json()) as { circuits: { name: string }[] }
    return circuits.map(({ name }) => name)
  }
  const stream = await EventStream.open(host.url)
  await crowded.send('evicted')
  await until('the row appears', () => JSON.stringify(stream.messages).includes('evicted'))
  await crowd(crowded)
  expect(await names()).toEqual(['left', 'right'])
  expect(await (await fetch(host.url, { headers: { accept: 'text/html' } })).text()).not.toContain(
    'evicted',
  )
  await until('the last row appears', () => JSON.stringify(stream.messages).includes('right'))
  stream.close()
  page.close()
  await host.stop()
})
