/**
 * The instruments of one meter. Exported to Prometheus, they have the names of `axios-breaker/prometheus`.
 */
import type {
  BatchObservableCallback,
  BatchObservableResult,
  Counter,
  Histogram,
  Meter,
  ObservableCounter,
  ObservableGauge,
} from '@opentelemetry/api'
import { COMMAND_BUCKETS } from '../durations.js'
import type { Group, Sink } from '../group.js'
import type { ForcedState } from '../../circuit/force.js'
import { FORCED_STATES, STATE_VALUES } from '../../observe/observed.js'
import { ObservedCircuit, type CircuitInstruments } from './circuit.js'

/** Names of circuits that are gone. If nothing reads the meter, they would pile up. */
const MOST_GONE = 1000

export class Instruments implements CircuitInstruments, Sink {
  readonly buckets: readonly number[]
  readonly failures: Counter
  readonly slow: Counter
  readonly refusals: Counter
  readonly dryRunRefusals: Counter
  readonly probes: Counter
  readonly transitions: Counter
  readonly requests: Histogram
  readonly #commands: Histogram
  readonly #meter: Meter
  readonly #state: ObservableGauge
  readonly #forced: ObservableGauge
  readonly #ratio: ObservableGauge
  readonly #storage: ObservableGauge
  readonly #unguarded: ObservableCounter
  readonly #gone = new Set<string>()
  /** The circuits whose ratio was shown last. */
  #rated: readonly string[] = []

  constructor(meter: Meter, buckets: readonly number[]) {
    this.buckets = buckets
    this.#meter = meter
    this.failures = this.#counter('error', '{failure}', 'Failures that were counted.')
    const tooSlow = 'Failures that were counted because the request took too long.'
    this.slow = this.#counter('slow', '{failure}', tooSlow)
    this.refusals = this.#counter('rejected', '{request}', 'Requests that were refused.')
    const spared =
      'Requests that were sent, but that the circuit would refuse if not forced closed.'
    this.dryRunRefusals = this.#counter('dry_run.rejected', '{request}', spared)
    this.probes = this.#counter('probe', '{request}', 'Probes, by outcome.')
    this.transitions = this.#counter('transitions', '{transition}', 'Transitions of the circuit.')
    const requestTime = 'Time from the dispatch of a request to the end of its answer.'
    this.requests = this.#durations('request.duration', buckets, requestTime)
    const commandTime = 'Time from a command to the answer of the storage, or to its deadline.'
    this.#commands = this.#durations('storage.command.duration', COMMAND_BUCKETS, commandTime)
    this.#state = this.#gauge('state', 'State of the circuit: 0 closed, 1 half-opened, 2 opened.')
    this.#forced = this.#gauge('forced', 'Whether somebody forces the circuit open or closed.')
    const ratio = 'The fraction of the requests in the window that failed.'
    this.#ratio = this.#gauge('failure_ratio', ratio)
    this.#storage = this.#gauge('storage.up', 'Whether the storage answers.')
    const unguarded = 'Requests that went without a circuit because of maxCircuits.'
    this.#unguarded = this.#observableCounter('unguarded', '{request}', unguarded)
  }

  /** @param callback calls `read` at each collection */
  observe(callback: BatchObservableCallback): void {
    this.#meter.addBatchObservableCallback(callback, this.#observables)
  }

  /** @param callback the one that was given to `observe` */
  unobserve(callback: BatchObservableCallback): void {
    this.#gone.clear()
    this.#rated = []
    this.#meter.removeBatchObservableCallback(callback, this.#observables)
  }

  /** An SDK that exports cumulatively repeats the last state for ever, so the last must not be `opened`. */
  forget(circuit: string): void {
    this.#gone.add(circuit)
    const [longest = ''] = this.#gone
    if (this.#gone.size > MOST_GONE) this.#gone.delete(longest)
  }

  seriesOf(circuit: string): ObservedCircuit {
    return new ObservedCircuit(circuit, this)
  }

  storageAnswered(duration: number): void {
    this.#commands.record(duration)
  }

  /** Shows the current values of the group that these instruments count for. */
  read(result: BatchObservableResult, group: Group): void {
    const gone = [...this.#gone].map((name) => [name, STATE_VALUES.closed] as const)
    for (const [name, state] of new Map([...gone, ...group.states()])) {
      result.observe(this.#state, state, { 'circuit_breaker.name': name })
    }
    this.#readForces(result, group)
    this.#gone.clear()
    this.#readRatios(result, group)
    const { storageUp, unguarded } = group
    result.observe(this.#unguarded, unguarded)
    if (storageUp !== undefined) result.observe(this.#storage, storageUp ? 1 : 0)
  }

  #readForces(result: BatchObservableResult, group: Group): void {
    const gone = [...this.#gone].map((name) => [name, new Set<ForcedState>()] as const)
    for (const [name, states] of new Map([...gone, ...group.forces()])) {
      for (const state of FORCED_STATES) {
        const attributes = { 'circuit_breaker.name': name, 'circuit_breaker.state': state }
        result.observe(this.#forced, Number(states.has(state)), attributes)
      }
    }
  }

  /** Shows a ratio that is gone as 0 once more, since an SDK may repeat the last value, as with the state. */
  #readRatios(result: BatchObservableResult, group: Group): void {
    const ratios = group.failureRatios()
    const gone = this.#rated.map((name) => [name, 0] as const)
    for (const [name, ratio] of new Map([...gone, ...ratios])) {
      result.observe(this.#ratio, ratio, { 'circuit_breaker.name': name })
    }
    this.#rated = [...ratios.keys()]
  }

  get #observables(): (ObservableGauge | ObservableCounter)[] {
    return [this.#state, this.#forced, this.#ratio, this.#storage, this.#unguarded]
  }

  #counter(name: string, unit: string, description: string): Counter {
    return this.#meter.createCounter(`circuit_breaker.${name}`, { unit, description })
  }

  #observableCounter(name: string, unit: string, description: string): ObservableCounter {
    return this.#meter.createObservableCounter(`circuit_breaker.${name}`, { unit, description })
  }

  #durations(name: string, buckets: readonly number[], description: string): Histogram {
    const advice = { explicitBucketBoundaries: [...buckets] }
    return this.#meter.createHistogram(`circuit_breaker.${name}`, {
      unit: 's',
      description,
      advice,
    })
  }

  /** No unit, because with `1` an exporter to Prometheus would name it a ratio. */
  #gauge(name: string, description: string): ObservableGauge {
    return this.#meter.createObservableGauge(`circuit_breaker.${name}`, { description })
  }
}
