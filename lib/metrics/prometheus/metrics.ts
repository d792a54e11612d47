/** The metrics of one registry. */
import { Counter, Histogram, type Metric } from 'prom-client'
import { COMMAND_BUCKETS } from '../durations.js'
import type { Group, Sink } from '../group.js'
import { DurationHistogram } from './histogram.js'
import { forcedGauge, ratioGauge, stateGauge, storageGauge, unguardedCounter } from './scraped.js'
import { CircuitSeries, type CircuitMetrics } from './series.js'

export interface Settings {
  readonly buckets: readonly number[]
  readonly statusLabel: 'class' | 'code'
}

/** Keeps prom-client from registering the metrics in its global registry. */
const registers: [] = []

export class PrometheusMetrics implements CircuitMetrics, Sink {
  readonly settings: Settings
  readonly failures = new Counter({
    name: 'circuit_breaker_error_total',
    help: 'Failures that were counted.',
    labelNames: ['client_name'],
    registers,
  })
  readonly slow = new Counter({
    name: 'circuit_breaker_slow_total',
    help: 'Failures that were counted because the request took too long.',
    labelNames: ['client_name'],
    registers,
  })
  readonly refusals = new Counter({
    name: 'circuit_breaker_rejected_total',
    help: 'Requests that were refused, by the state of the circuit.',
    labelNames: ['client_name', 'reason'],
    registers,
  })
  /** Not a label of the metric above, because a sum over that metric would then count requests that were sent. */
  readonly dryRunRefusals = new Counter({
    name: 'circuit_breaker_dry_run_rejected_total',
    help: 'Requests that were sent, but that the circuit would have refused if it were not forced closed.',
    labelNames: ['client_name'],
    registers,
  })
  readonly probes = new Counter({
    name: 'circuit_breaker_probe_total',
    help: 'Probes, which ask whether the service is back, by result.',
    labelNames: ['client_name', 'result'],
    registers,
  })
  readonly transitions = new Counter({
    name: 'circuit_breaker_transitions_total',
    help: 'Transitions, by the new state, by who decided (this process or the fleet), and by what opened it.',
    labelNames: ['client_name', 'to', 'origin', 'cause'],
    registers,
  })
  readonly requests: DurationHistogram
  readonly #commands = new Histogram({
    name: 'circuit_breaker_storage_command_duration_seconds',
    help: 'Time from a command to the answer of the storage, or to its deadline.',
    buckets: [...COMMAND_BUCKETS],
    registers,
  })

  constructor(settings: Settings) {
    this.settings = settings
    this.requests = new DurationHistogram(
      'circuit_breaker_request_duration_seconds',
      'Time from the dispatch of a request to the end of its answer.',
      settings.buckets,
    )
  }

  seriesOf(circuit: string): CircuitSeries {
    return new CircuitSeries(circuit, this)
  }

  storageAnswered(duration: number): void {
    this.#commands.observe(duration)
  }

  /** The metrics of circuits, by name. prom-client changes the names of counters for OpenMetrics. */
  ofCircuits(group: Group): ReadonlyMap<string, Metric> {
    return new Map<string, Metric>([
      ['circuit_breaker_state', stateGauge(group)],
      ['circuit_breaker_forced', forcedGauge(group)],
      ['circuit_breaker_failure_ratio', ratioGauge(group)],
      ['circuit_breaker_error_total', this.failures],
      ['circuit_breaker_slow_total', this.slow],
      ['circuit_breaker_rejected_total', this.refusals],
      ['circuit_breaker_dry_run_rejected_total', this.dryRunRefusals],
      ['circuit_breaker_probe_total', this.probes],
      ['circuit_breaker_transitions_total', this.transitions],
      ['circuit_breaker_unguarded_total', unguardedCounter(group)],
      [this.requests.name, this.requests.asMetric()],
    ])
  }

  /** The metrics of the storage, if there is one. */
  ofStorage(group: Group): ReadonlyMap<string, Metric> {
    return new Map<string, Metric>([
      ['circuit_breaker_storage_up', storageGauge(group)],
      ['circuit_breaker_storage_command_duration_seconds', this.#commands],
    ])
  }
}
