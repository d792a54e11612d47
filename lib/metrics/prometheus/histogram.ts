/**
 * A histogram that prom-client can collect and that costs a request almost nothing. prom-client's own builds
 * a key from the labels for each observation, which slows a request measurably.
 */
import type { Aggregator, Metric, MetricValueWithName } from 'prom-client'

type Labels = Readonly<Record<string, string | number>>
type Sample = MetricValueWithName<string>

/** The result of `get` in prom-client's own metrics. Its types declare `type` as a number. */
interface Collected {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: Aggregator
  readonly values: readonly Sample[]
}

/** The durations under one set of labels. */
export class Durations {
  readonly #labels: Labels
  readonly #bounds: readonly number[]
  /** One count per range, including the range above the last bound. */
  readonly #counts: number[]
  #sum = 0
  #count = 0

  constructor(labels: Labels, bounds: readonly number[]) {
    this.#labels = labels
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

  /** Adds nothing before the first observation. */
  addTo(samples: Sample[], { bucket, sum, count }: Names): void {
    if (this.#count === 0) return
    const labels = this.#labels
    let value = 0
    for (const [range, inRange] of this.#counts.entries()) {
      value += inRange
      const le = this.#bounds[range] ?? '+Inf'
      samples.push({ metricName: bucket, labels: { le, ...labels }, value })
    }
    samples.push({ metricName: sum, labels, value: this.#sum })
    samples.push({ metricName: count, labels, value })
  }
}

/** The same for each series. */
interface Names {
  readonly bucket: string
  readonly sum: string
  readonly count: string
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

  /** Call it once for each set of labels. */
  series(labels: Labels): Durations {
    const series = new Durations(labels, this.#bounds)
    this.#series.add(series)
    return series
  }

  remove(series: Durations): void {
    this.#series.delete(series)
  }

  /** A registry only needs a name, `get` and `reset`, but its types require a class of prom-client. */
  asMetric(): Metric {
    return this as unknown as Metric
  }

  reset(): void {
    for (const series of this.#series) series.reset()
  }

  async get(): Promise<Collected> {
    const { name, help, type, aggregator } = this
    const names = { bucket: `${name}_bucket`, sum: `${name}_sum`, count: `${name}_count` }
    const values: Sample[] = []
    for (const series of this.#series) series.addTo(values, names)
    return { name, help, type, aggregator, values }
  }
}
