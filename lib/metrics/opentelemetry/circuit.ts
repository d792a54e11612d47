/** Exports the circuits of one name to OpenTelemetry, with the names of its conventions if there are any. */
import { trace, type Attributes, type Counter, type Histogram } from '@opentelemetry/api'
import type { Attempt, CircuitEvents } from '../../circuit/events.js'
import type { CircuitState, FailureReason, Outcome } from '../../circuit/types.js'
import type { Possible, Series } from '../group.js'
import { isStatus, methodLabel } from '../labels.js'
import { transitionsOf, type Transition } from '../transitions.js'

const OUTCOMES: readonly Outcome[] = ['success', 'failure', 'ignored']
const OTHER = '_OTHER'
const FIRST_ERROR = 400

/** Any adapter can make up codes. Codes that do not look like one, or are too many, become one label. */
const CODE = /^[A-Z][A-Z0-9_]{0,40}$/
const MOST_CODES = 50
const codes = new Set<string>()

/** The instruments that count circuits. */
export interface CircuitInstruments {
  readonly failures: Counter
  readonly slow: Counter
  readonly refusals: Counter
  readonly dryRunRefusals: Counter
  readonly probes: Counter
  readonly transitions: Counter
  readonly requests: Histogram
  /** Called when the last circuit of the name is gone. */
  forget(circuit: string): void
}

export class ObservedCircuit implements Series {
  readonly #name: string
  readonly #instruments: CircuitInstruments

  constructor(name: string, instruments: CircuitInstruments) {
    this.#name = name
    this.#instruments = instruments
  }

  /** A rate needs a value to start from: without a 0 the first failure would be none. */
  expect(possible: Possible): void {
    const { failures, slow, refusals, dryRunRefusals, probes, transitions } = this.#instruments
    failures.add(0, this.#with())
    slow.add(0, this.#with())
    for (const state of ['opened', 'half-opened'] as const) refusals.add(0, this.#with({ state }))
    dryRunRefusals.add(0, this.#with())
    for (const outcome of OUTCOMES) probes.add(0, this.#with({ outcome }))
    for (const transition of transitionsOf(possible)) {
      transitions.add(0, this.#with(wordsOf(transition)))
    }
  }

  failed({ slow }: FailureReason): void {
    this.#instruments.failures.add(1, this.#with())
    if (slow) this.#instruments.slow.add(1, this.#with())
  }

  /** Also adds an event to the active span, because HTTP instrumentation does not see a refused request. */
  rejected({ state, retryAfter, forced, dryRun }: CircuitEvents['rejected']): void {
    if (dryRun) this.#instruments.dryRunRefusals.add(1, this.#with())
    else this.#instruments.refusals.add(1, this.#with({ state }))
    const event = dryRun ? 'circuit_breaker.dry_run.rejected' : 'circuit_breaker.rejected'
    trace.getActiveSpan()?.addEvent(event, {
      ...this.#with({ state }),
      'circuit_breaker.retry_after': retryAfter,
      ...(forced && { 'circuit_breaker.forced': true }),
    })
  }

  attempted(attempt: Attempt): void {
    const { probe, outcome, method, status, duration } = attempt
    if (probe) this.#instruments.probes.add(1, this.#with({ outcome }))
    const error = errorType(attempt)
    this.#instruments.requests.record(duration, {
      ...this.#with(),
      'http.request.method': methodLabel(method, OTHER),
      ...(isStatus(status) && { 'http.response.status_code': status }),
      ...(error !== undefined && { 'error.type': error }),
    })
  }

  changed(transition: CircuitEvents['stateChanged']): void {
    this.#instruments.transitions.add(1, this.#with(wordsOf(transition)))
  }

  /** The API cannot remove counters. */
  remove(): void {
    this.#instruments.forget(this.#name)
  }

  #with({ state, outcome, origin, cause }: Words = {}): Attributes {
    return {
      'circuit_breaker.name': this.#name,
      ...(state && { 'circuit_breaker.state': state }),
      ...(outcome && { 'circuit_breaker.outcome': outcome }),
      ...(origin && { 'circuit_breaker.origin': origin }),
      ...(cause && { 'circuit_breaker.cause': cause }),
    }
  }
}

interface Words extends Partial<Omit<Transition, 'to'>> {
  readonly state?: CircuitState
  readonly outcome?: Outcome
}

function wordsOf({ to: state, origin, cause }: Transition): Words {
  return { state, origin, ...(cause && { cause }) }
}

/** Follows the conventions for HTTP clients: the status if it is an error, otherwise the error's code. */
function errorType({ outcome, status, code }: Attempt): string | undefined {
  if (status !== undefined && status >= FIRST_ERROR)
    return isStatus(status) ? String(status) : OTHER
  const hasAnswer = status !== undefined && outcome !== 'failure'
  return hasAnswer ? undefined : boundedCode(code)
}

function boundedCode(code: string | undefined): string {
  if (code === undefined || !CODE.test(code)) return OTHER
  if (codes.size < MOST_CODES) codes.add(code)
  return codes.has(code) ? code : OTHER
}
