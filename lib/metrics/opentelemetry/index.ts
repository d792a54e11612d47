/** Metrics, and span events, for OpenTelemetry: the entry point `axios-breaker/opentelemetry`. */
import { metrics, type BatchObservableCallback, type Meter } from '@opentelemetry/api'
import { ConfigError } from '../../internal/config-error.js'
import { sharedByCopies } from '../../internal/copies.js'
import { objectField, parse, type Shape } from '../../internal/validation.js'
import { bucketsField, REQUEST_BUCKETS } from '../durations.js'
import { Group } from '../group.js'
import { checkBreaker, type ObservedBreaker } from '../../observe/observed.js'
import { Instruments } from './instruments.js'

export interface ObserveMetricsOptions {
  /** Default: the meter `axios-breaker` of the global provider. Set the provider first. */
  readonly meter?: Meter | undefined
  /**
   * Upper bounds of the histogram of request durations, in seconds; ascending, above 0. Default
   * 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10 and 30. A view in the SDK can
   * override them.
   */
  readonly buckets?: readonly number[] | undefined
}

const METER = 'axios-breaker'

/** The number stands for what `observeMetrics` uses of an observer, which may be of another copy. */
const observers = sharedByCopies('observers.1', () => new WeakMap<Meter, Observer>())

/**
 * Exports the breaker's circuits, including later ones, through a meter, and each refusal as an event
 * `circuit_breaker.rejected` of the active span. Several breakers may share a meter: circuits of the
 * same name are added up, the worse state counts, and a storage is up if all are. Observing the same
 * breaker through the same meter again changes nothing. A detached circuit is exported as closed once more,
 * and then no longer, unless the SDK exports cumulatively. If more than 1,000 events are published in one turn of
 * the event loop, the rest are delivered later, and their refusals may appear in the span of another request.
 *
 * @returns a function that removes the listeners and stops the gauges; idempotent
 * @throws ConfigError for a bad option, and for a meter that has other buckets already
 */
export function observeMetrics(
  breaker: ObservedBreaker,
  options: ObserveMetricsOptions = {},
): () => void {
  checkBreaker(breaker)
  const given = parse(shape(), options, 'options of observeMetrics')
  const { meter = metrics.getMeter(METER), buckets = REQUEST_BUCKETS } = given
  const observer = observers.get(meter) ?? new Observer(meter, buckets)
  observer.checkBuckets(buckets)
  observers.set(meter, observer)
  return observer.join(breaker)
}

function shape() {
  return {
    meter: objectField<Meter>('a meter', 'createObservableGauge'),
    buckets: bucketsField(),
  } satisfies Shape<ObserveMetricsOptions>
}

/** Feeds one meter, as long as there is a breaker to observe. */
class Observer {
  readonly #instruments: Instruments
  readonly #group: Group
  readonly #read: BatchObservableCallback

  constructor(meter: Meter, buckets: readonly number[]) {
    const instruments = new Instruments(meter, buckets)
    const group = new Group(instruments)
    this.#instruments = instruments
    this.#group = group
    this.#read = (result) => instruments.read(result, group)
  }

  /** A meter creates each instrument only once. */
  checkBuckets(buckets: readonly number[]): void {
    const known = this.#instruments.buckets.join(', ')
    if (known === buckets.join(', ')) return
    throw new ConfigError(
      'Invalid options of observeMetrics: this meter already has other buckets, expected ' +
        `${known}, given ${buckets.join(', ')}`,
    )
  }

  join(breaker: ObservedBreaker): () => void {
    if (this.#group.isEmpty) this.#instruments.observe(this.#read)
    return this.#group.join(breaker, () => {
      if (this.#group.isEmpty) this.#instruments.unobserve(this.#read)
    })
  }
}
