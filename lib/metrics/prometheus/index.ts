/** Metrics for Prometheus, on prom-client: the entry point `axios-breaker/prometheus`. */
import { register, type Metric, type Registry, type RegistryContentType } from 'prom-client'
import { ConfigError } from '../../internal/config-error.js'
import { sharedByCopies } from '../../internal/copies.js'
import { field, objectField, parse, withDefaults, type Shape } from '../../internal/validation.js'
import { bucketsField, REQUEST_BUCKETS } from '../durations.js'
import { Group } from '../group.js'
import { checkBreaker, type ObservedBreaker } from '../../observe/observed.js'
import { PrometheusMetrics, type Settings } from './metrics.js'

export interface CollectMetricsOptions {
  /** Default: the global `register` of prom-client. */
  readonly registry?: Registry<RegistryContentType> | undefined
  /**
   * Upper bounds of the histogram of request durations, in seconds; ascending, above 0. Default
   * 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10 and 30.
   */
  readonly buckets?: readonly number[] | undefined
  /**
   * The label `status` of request durations. Default `class`: `1xx` to `5xx`; `code`: the exact
   * code, at the cost of more series. In both cases `error` if there was no answer.
   */
  readonly statusLabel?: 'class' | 'code' | undefined
}

const DEFAULTS: Settings = { buckets: REQUEST_BUCKETS, statusLabel: 'class' }

/** By registry. The number stands for what `collectorOf` uses of a collector, which may be of another copy. */
const collectors = sharedByCopies('collectors.1', () => new WeakMap<object, Collector>())

/**
 * Exports the breaker's circuits, including later ones, through a registry. Breakers may share one,
 * even if they come from several copies of the package: circuits of the same name are added up, the worse
 * state counts, and a storage is up if all are.
 * Collecting the same breaker into the same registry again changes nothing.
 *
 * @returns a function that removes the listeners and the metrics; idempotent
 * @throws ConfigError for a bad option, for a registry that has other metrics of these names, and for
 *   one into which another breaker is collected with other options
 */
export function collectMetrics(
  breaker: ObservedBreaker,
  options: CollectMetricsOptions = {},
): () => void {
  checkBreaker(breaker)
  const { registry = register, ...given } = parse(shape(), options, 'options of collectMetrics')
  return collectorOf(registry, withDefaults(DEFAULTS, given)).join(breaker)
}

function shape() {
  return {
    registry: objectField<Registry<RegistryContentType>>(
      'a registry of prom-client',
      'getSingleMetric',
    ),
    buckets: bucketsField(),
    statusLabel: field<Settings['statusLabel']>('"class" or "code"', isStatusLabel),
  } satisfies Shape<CollectMetricsOptions>
}

function isStatusLabel(value: unknown): boolean {
  return value === 'class' || value === 'code'
}

function collectorOf(registry: Registry<RegistryContentType>, settings: Settings): Collector {
  const known = collectors.get(registry)
  if (known?.isInUse) {
    known.checkSettings(settings)
    return known
  }
  // Somebody may have cleared the registry since.
  known?.end()
  const collector = new Collector(registry, settings)
  collectors.set(registry, collector)
  return collector
}

/** Registers the metrics that the breakers of a registry need, and removes them. */
class Collector {
  readonly #registry: Registry<RegistryContentType>
  readonly #settings: Settings
  readonly #group: Group
  readonly #ofCircuits: ReadonlyMap<string, Metric>
  readonly #ofStorage: ReadonlyMap<string, Metric>

  constructor(registry: Registry<RegistryContentType>, settings: Settings) {
    const metrics = new PrometheusMetrics(settings)
    this.#registry = registry
    this.#settings = settings
    this.#group = new Group(metrics)
    this.#ofCircuits = metrics.ofCircuits(this.#group)
    this.#ofStorage = metrics.ofStorage(this.#group)
  }

  get isInUse(): boolean {
    const [[name, metric] = ['']] = this.#ofCircuits
    return !this.#group.isEmpty && this.#has(name, metric)
  }

  checkSettings(settings: Settings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return
    throw new ConfigError(
      'Invalid options of collectMetrics: this registry is already used with other options, expected ' +
        `${JSON.stringify(this.#settings)}, given ${JSON.stringify(settings)}`,
    )
  }

  join(breaker: ObservedBreaker): () => void {
    const hasStorage = breaker.storageUp !== undefined
    this.#register([...this.#ofCircuits, ...(hasStorage ? this.#ofStorage : [])])
    return this.#group.join(breaker, () => this.#tidy())
  }

  end(): void {
    this.#group.leaveAll()
  }

  #register(metrics: readonly (readonly [string, Metric])[]): void {
    const missing = metrics.filter(([name, metric]) => !this.#has(name, metric))
    const taken = missing.find(([name]) => this.#registry.getSingleMetric(name))
    if (taken) throw clash(taken[0])
    for (const [, metric] of missing) this.#registry.registerMetric(metric)
  }

  #tidy(): void {
    if (this.#group.storageUp === undefined) this.#unregister(this.#ofStorage)
    if (this.#group.isEmpty) this.#unregister(this.#ofCircuits)
  }

  #unregister(metrics: ReadonlyMap<string, Metric>): void {
    for (const [name, metric] of metrics) {
      if (this.#has(name, metric)) this.#registry.removeSingleMetric(name)
    }
  }

  #has(name: string, metric: Metric | undefined): boolean {
    return this.#registry.getSingleMetric(name) === metric
  }
}

function clash(name: string): ConfigError {
  return new ConfigError(
    `Invalid registry: it already has another metric named ${JSON.stringify(name)}. ` +
      'Pass another registry',
  )
}
