/**
 * A histogram that prom-client shows, and that costs a request next to nothing: prom-client's own builds a
 * key out of the labels for each observation, which alone is 8 % of a request.
 */
import type { Aggregator, Metric, MetricObjectWithValues, MetricValueWithName } from 'prom-client'

type Labels = Readonly<Record<string, string>>
type Value = MetricValueWithName<string>

/** The durations under one set of labels. */
export class Durations {
  readonly labels: Labels
  readonly #bounds: readonly number[]
  /** One for each range, the one above the last bound included. */
  readonly #counts: number[]
  #sum = 0
  #count = 0

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.#counts = [...bounds, Infinity].map(() => 0)
  }

  observe(duration: number): void {
    let range = 0
    while (range < this.#bounds.length && duration > Number(this.#bounds[range])) range += 1
    this.#counts[range] = Number(this.#counts[range]) + 1
    this.#sum += duration
    this.#count += 1
  }

  reset(): void {
    this.#counts.fill(0)
    this.#sum = 0
    this.#count = 0
  }

  /** As prom-client wants them; none before the first observation. */
  values(name: string): Value[] {
    if (this.#count === 0) return []
    let count = 0
    const buckets = this.#counts.map((inRange, range): Value => {
      count += inRange
      const le = this.#bounds[range] ?? '+Inf'
      return { metricName: `${name}_bucket`, labels: { ...this.labels, le }, value: count }
    })
    const sum = { metricName: `${name}_sum`, labels: this.labels, value: this.#sum }
    return [...buckets, sum, { metricName: `${name}_count`, labels: this.labels, value: count }]
  }
}

export class DurationHistogram {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator: Aggregator = 'sum'
  readonly #bounds: readonly number[]
  readonly #series = new Set<Durations>()

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name
    this.help = help
    this.#bounds = bounds
  }

  /** To be asked for once for each set of labels. */
  series(labels: Labels): Durations {
    const series = new Durations(labels, this.#bounds)
    this.#series.add(series)
    return series
  }

  remove(series: Durations): void {
    this.#series.delete(series)
  }

  /** All that a registry of prom-client asks of a metric, as its types do not say. */
  asMetric(): Metric {
    return this as unknown as Metric
  }

  reset(): void {
    for (const series of this.#series) series.reset()
  }

  async get(): Promise<Omit<MetricObjectWithValues<Value>, 'type' | 'collect'> & { type: string }> {
    const { name, help, type, aggregator } = this
    const values = [...this.#series].flatMap((series) => series.values(name))
    return { name, help, type, aggregator, values }
  }
}
