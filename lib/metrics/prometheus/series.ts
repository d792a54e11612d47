/** The series of the circuits of one name in prom-client. */
import type { Counter } from 'prom-client'
import type { Attempt, CircuitEvents } from '../../circuit/events.js'
import type { FailureReason, Outcome } from '../../circuit/types.js'
import type { Possible, Series } from '../group.js'
import { methodLabel, statusClass, statusCode } from '../labels.js'
import { ALL, transitionsOf, type Transition } from '../transitions.js'
import type { DurationHistogram, Durations } from './histogram.js'

const REASONS = ['opened', 'half-opened'] as const
const RESULTS: readonly Outcome[] = ['success', 'failure', 'ignored']
const OTHER_METHOD = 'OTHER'

/** The metrics that count circuits. Each circuit has series of its own. */
export interface CircuitMetrics {
  readonly settings: { readonly statusLabel: 'class' | 'code' }
  readonly failures: Counter<'client_name'>
  readonly slow: Counter<'client_name'>
  readonly refusals: Counter<'client_name' | 'reason'>
  readonly dryRunRefusals: Counter<'client_name'>
  readonly probes: Counter<'client_name' | 'result'>
  readonly transitions: Counter<'client_name' | 'to' | 'origin' | 'cause'>
  readonly requests: DurationHistogram
}

export class CircuitSeries implements Series {
  readonly #name: string
  readonly #metrics: CircuitMetrics
  readonly #statusOf: (status: number | undefined) => string
  readonly #durations = new Map<string, Map<string, Durations>>()
  /** Caches the last series, because most requests of a circuit resemble the one before. */
  #last: { method: string; status: number | undefined; durations: Durations } | undefined

  constructor(name: string, metrics: CircuitMetrics) {
    this.#name = name
    this.#metrics = metrics
    this.#statusOf = metrics.settings.statusLabel === 'code' ? statusCode : statusClass
  }

  /** A rate needs a value to start from: without a 0 the first failure would be none. */
  expect(possible: Possible): void {
    const { failures, slow, refusals, dryRunRefusals, probes, transitions } = this.#metrics
    const client_name = this.#name
    failures.inc({ client_name }, 0)
    slow.inc({ client_name }, 0)
    for (const reason of REASONS) refusals.inc({ client_name, reason }, 0)
    dryRunRefusals.inc({ client_name }, 0)
    for (const result of RESULTS) probes.inc({ client_name, result }, 0)
    for (const transition of transitionsOf(possible)) {
      transitions.inc({ client_name, ...transition }, 0)
    }
  }

  failed({ slow }: FailureReason): void {
    this.#metrics.failures.inc({ client_name: this.#name })
    if (slow) this.#metrics.slow.inc({ client_name: this.#name })
  }

  rejected({ state: reason, dryRun }: CircuitEvents['rejected']): void {
    if (dryRun) this.#metrics.dryRunRefusals.inc({ client_name: this.#name })
    else this.#metrics.refusals.inc({ client_name: this.#name, reason })
  }

  attempted({ method, status, duration, probe, outcome }: Attempt): void {
    if (probe) this.#metrics.probes.inc({ client_name: this.#name, result: outcome })
    if (this.#last?.method !== method || this.#last.status !== status) {
      const durations = this.#durationsOf(methodLabel(method, OTHER_METHOD), this.#statusOf(status))
      this.#last = { method, status, durations }
    }
    this.#last.durations.observe(duration)
  }

  changed({ to, origin, cause }: CircuitEvents['stateChanged']): void {
    const transition: Transition = cause ? { to, origin, cause } : { to, origin }
    this.#metrics.transitions.inc({ client_name: this.#name, ...transition })
  }

  remove(): void {
    const { failures, slow, refusals, dryRunRefusals, probes, transitions, requests } =
      this.#metrics
    const client_name = this.#name
    failures.remove({ client_name })
    slow.remove({ client_name })
    for (const reason of REASONS) refusals.remove({ client_name, reason })
    dryRunRefusals.remove({ client_name })
    for (const result of RESULTS) probes.remove({ client_name, result })
    for (const transition of ALL) transitions.remove({ client_name, ...transition })
    for (const byStatus of this.#durations.values()) {
      for (const durations of byStatus.values()) requests.remove(durations)
    }
  }

  #durationsOf(method: string, status: string): Durations {
    return this.#durations.get(method)?.get(status) ?? this.#addDurations(method, status)
  }

  #addDurations(method: string, status: string): Durations {
    const labels = { client_name: this.#name, method, status }
    const durations = this.#metrics.requests.series(labels)
    const byStatus = this.#durations.get(method) ?? new Map<string, Durations>()
    this.#durations.set(method, byStatus.set(status, durations))
    return durations
  }
}
