/** Metrics, and span events, for OpenTelemetry: the entry point `axios-breaker/opentelemetry`. */
import { metrics, type Meter } from '@opentelemetry/api'
import { ConfigError } from '../../internal/config-error.js'
import { objectField, parse, type Shape } from '../../internal/validation.js'
import { bucketsField, REQUEST_BUCKETS } from '../durations.js'
import { Group } from '../group.js'
import { checkBreaker, type ObservedBreaker } from '../../observe/observed.js'
import { Instruments } from './instruments.js'

export interface ObserveMetricsOptions {
  /** Default: the meter `axios-breaker` of the global provider, which must be set before. */
  readonly meter?: Meter | undefined
  /**
   * Upper bounds of the histogram of request durations, in seconds; ascending, above 0. Default
   * 0.005 to 10 as is usual, and 30, with bounds at the usual timeouts. An SDK may have a view
   * that says otherwise.
   */
  readonly buckets?: readonly number[] | undefined
}

const METER = 'axios-breaker'

const observers = new WeakMap<Meter, Observer>()

/**
 * Shows the breaker's circuits, those to come as well, through a meter, and each refusal as an event
 * `circuit_breaker.rejected` of the active span. Several breakers may share a meter: circuits of the
 * same name are added up, the worse state counts, and a storage is up where all are. Observing the same
 * breaker through the same meter again changes nothing. What is detached is shown as closed once more,
 * and then no longer, as far as the SDK forgets: one that exports cumulatively does not.
 *
 * @returns the function that takes the listeners out again, and stops the gauges; idempotent
 * @throws ConfigError for a bad option, and for a meter that was given other buckets before
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

/** What is read through a meter, for as long as there is a breaker to read. */
class Observer {
  readonly #instruments: Instruments
  readonly #group: Group

  constructor(meter: Meter, buckets: readonly number[]) {
    this.#instruments = new Instruments(meter, buckets, () => this.#group)
    this.#group = new Group(this.#instruments)
  }

  /** A meter makes each of its instruments once. */
  checkBuckets(buckets: readonly number[]): void {
    const known = this.#instruments.buckets.join(', ')
    if (known === buckets.join(', ')) return
    throw new ConfigError(
      'Invalid options of observeMetrics: expected the buckets that the meter was given before, ' +
        `${known}, given ${buckets.join(', ')}`,
    )
  }

  join(breaker: ObservedBreaker): () => void {
    if (this.#group.isEmpty) this.#instruments.observe()
    return this.#group.join(breaker, () => {
      if (this.#group.isEmpty) this.#instruments.unobserve()
    })
  }
}
