/** Compiled only: the types of the metrics as ESM and as CommonJS apps see them. */
import { metrics } from '@opentelemetry/api'
import { CircuitBreaker } from 'axios-breaker'
import { observeMetrics, type ObserveMetricsOptions } from 'axios-breaker/opentelemetry'
import { collectMetrics, type CollectMetricsOptions } from 'axios-breaker/prometheus'
import { register, Registry } from 'prom-client'

const breaker = new CircuitBreaker()
const collecting: CollectMetricsOptions = {
  registry: new Registry(),
  buckets: [0.1, 1],
  statusLabel: 'code',
}
const observing: ObserveMetricsOptions = { meter: metrics.getMeter('app'), buckets: [0.1, 1] }

export const stops: (() => void)[] = [
  collectMetrics(breaker),
  collectMetrics(breaker, collecting),
  collectMetrics(breaker, { registry: register }),
  observeMetrics(breaker),
  observeMetrics(breaker, observing),
]

// @ts-expect-error no breaker
collectMetrics({})
// @ts-expect-error no such label
collectMetrics(breaker, { statusLabel: 'text' })
// @ts-expect-error no registry
collectMetrics(breaker, { registry: {} })
// @ts-expect-error no meter
observeMetrics(breaker, { meter: {} })
