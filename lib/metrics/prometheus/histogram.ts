/**
 * A histogram that prom-client shows, and that costs a request next to nothing: prom-client's own builds a
 * key out of the labels for each observation, which a request would feel.
 */
import type { Aggregator, Metric, MetricObjectWithValues, MetricValueWithName } from 'prom-client'

type Labels = Readonly<Record<string, string | number>>
type Value = MetricValueWithName<string>
type Whole<Values> = Omit<MetricObjectWithValues<Value>, 'type' | 'collect' | 'values'> & {
  readonly type: string
  readonly values: Values
}

/** A sample as prom-client 15 has them for its text: what its lines share is put into words once. */
interface Sample {
  readonly metricName: string
  readonly labels: Labels
  readonly sharedLabels: Labels
  readonly value: number
}

const NO_LABELS: Labels = {}

/** The durations under one set of labels. */
export class Durations {
  readonly #labels: Labels
  readonly #bounds: readonly number[]
  /** One for each range, the one above the last bound included. */
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

  /** None before the first observation. One after the other: a scrape of many circuits has ten thousands. */
  *samples(names: Names): Iterable<Sample> {
    if (this.#count === 0) return
    const sharedLabels = this.#labels
    let value = 0
    for (const [range, inRange] of this.#counts.entries()) {
      value += inRange
      const labels = names.bounds[range] ?? NO_LABELS
      yield { metricName: names.bucket, labels, sharedLabels, value }
    }
    yield { metricName: names.sum, labels: NO_LABELS, sharedLabels, value: this.#sum }
    yield { metricName: names.count, labels: NO_LABELS, sharedLabels, value }
  }
}

/** The same for each series. */
interface Names {
  readonly bucket: string
  readonly sum: string
  readonly count: string
  /** A label for each range. */
  readonly bounds: readonly Labels[]
}

export class DurationHistogram {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator: Aggregator = 'sum'
  readonly #bounds: readonly number[]
  readonly #series = new Set<Durations>()
  readonly #names: Names

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name
    this.help = help
    this.#bounds = bounds
    this.#names = {
      bucket: `${name}_bucket`,
      sum: `${name}_sum`,
      count: `${name}_count`,
      bounds: [...bounds, '+Inf'].map((le) => ({ le })),
    }
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

  /** For the text of a scrape. */
  getForPromString(): Whole<Iterable<Sample>> {
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values: this.#samples() }
  }

  /** For everything else, as the types of prom-client have it. */
  async get(): Promise<Whole<Value[]>> {
    const values = Array.from(this.#samples(), ({ metricName, labels, sharedLabels, value }) => {
      return { metricName, labels: { ...sharedLabels, ...labels }, value }
    })
    return { ...this.getForPromString(), values }
  }

  *#samples(): Iterable<Sample> {
    for (const series of this.#series) yield* series.samples(this.#names)
  }
}
