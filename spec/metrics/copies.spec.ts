/** Breakers of two copies of the package that share a registry, or a meter. */
import { resolve } from 'node:path'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import axios from 'axios'
import { Registry } from 'prom-client'
import { CircuitBreaker } from '../../lib/index.js'
import { observeMetrics } from '../../lib/metrics/opentelemetry/index.js'
import { collectMetrics } from '../../lib/metrics/prometheus/index.js'
import { inCollected } from '../support/collected.js'
import { copyOf } from '../support/copies.js'

const HOUR = 3_600_000

const own = { CircuitBreaker, collectMetrics, observeMetrics }

type Copy = typeof own

let other: Copy
beforeAll(async () => {
  other = await copyOf(async () => ({
    ...(await import('../../lib/index.js')),
    ...(await import('../../lib/metrics/prometheus/index.js')),
    ...(await import('../../lib/metrics/opentelemetry/index.js')),
  }))
})

/** A breaker of that copy, whose circuit opens at the second failure. */
function failing(copy: Copy) {
  const breaker = new copy.CircuitBreaker({ threshold: 2, ttl: 60 })
  const users = axios.create({ adapter: () => Promise.reject(new Error('down')) })
  breaker.attach(users, 'users')
  return { breaker, fail: () => users.get('/').catch(() => undefined) }
}

describe('a registry', () => {
  async function samples(registry: Registry): Promise<string[]> {
    const lines = (await registry.metrics()).split('\n')
    return lines.filter((line) => /^circuit_breaker_(?:error_total|state)\{/.test(line))
  }

  it('adds up circuits of one name, shows the worse state, and ends as it was', async () => {
    const registry = new Registry()
    const [one, two] = [failing(own), failing(other)]
    expect(other.collectMetrics).not.toBe(own.collectMetrics)
    const stop = own.collectMetrics(one.breaker, { registry })
    const stopOther = other.collectMetrics(two.breaker, { registry })
    for (const { fail } of [one, two, two]) await fail()
    expect(await samples(registry)).toEqual([
      'circuit_breaker_state{client_name="users"} 2',
      'circuit_breaker_error_total{client_name="users"} 3',
    ])
    stop()
    await two.fail()
    expect(await samples(registry)).toHaveLength(2)
    stopOther()
    expect(registry.getMetricsAsArray()).toEqual([])
  })

  it('that was cleared can be used again by the other copy', async () => {
    const registry = new Registry()
    const [one, two] = [failing(own), failing(other)]
    const stop = own.collectMetrics(one.breaker, { registry })
    registry.clear()
    other.collectMetrics(two.breaker, { registry })
    stop()
    for (const { fail } of [one, two]) await fail()
    expect(await samples(registry)).toContain('circuit_breaker_error_total{client_name="users"} 1')
  })

  it('is refused with other options, and another registry is not', () => {
    const registry = new Registry()
    own.collectMetrics(failing(own).breaker, { registry })
    const { breaker } = failing(other)
    const collect = () => other.collectMetrics(breaker, { registry, statusLabel: 'code' })
    expect(collect).toThrow('this registry is already used with other options')
    other.collectMetrics(breaker, { registry: new Registry(), statusLabel: 'code' })
  })

  it('is collected once nobody has it', async () => {
    expect(
      await inCollected(`
        import { createRequire } from 'node:module'
        import { Registry } from 'prom-client'
        import * as esm from '${resolve('dist/esm/metrics/prometheus/index.js')}'
        const cjs = createRequire(import.meta.url)('${resolve('dist/cjs/metrics/prometheus/index.js')}')
        const registries = []
        function use() {
          const registry = new Registry()
          for (const { collectMetrics } of [esm, cjs]) collectMetrics(new CircuitBreaker(), { registry })
          registries.push(new WeakRef(registry))
        }
        for (let count = 0; count < 10; count += 1) use()
        await collected(() => alive(registries) === 0)
        console.log(JSON.stringify(alive(registries)))`),
    ).toBe(0)
  })
})

describe('a meter', () => {
  it('adds up circuits of one name, and shows the worse state', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: HOUR })
    const provider = new MeterProvider({ readers: [reader] })
    const meter = provider.getMeter('spec')
    const [one, two] = [failing(own), failing(other)]
    own.observeMetrics(one.breaker, { meter })
    other.observeMetrics(two.breaker, { meter })
    for (let count = 0; count < 2; count += 1) await one.fail()
    await reader.forceFlush()
    const [exported] = exporter.getMetrics()
    const metrics = exported?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
    const valueOf = (name: string): unknown =>
      metrics
        .find(({ descriptor }) => descriptor.name === name)
        ?.dataPoints.map(({ value }) => value)
    expect(valueOf('circuit_breaker.state')).toEqual([2])
    expect(valueOf('circuit_breaker.error')).toEqual([2])
    await provider.shutdown()
  })

  it('is refused with other buckets', () => {
    const meter = new MeterProvider().getMeter('spec')
    own.observeMetrics(failing(own).breaker, { meter })
    const observe = () => other.observeMetrics(failing(other).breaker, { meter, buckets: [1] })
    expect(observe).toThrow('this meter already has other buckets')
  })
})
