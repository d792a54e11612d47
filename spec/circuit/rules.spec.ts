/**
 * All rules of a circuit at once, in random sequences, against the model. RUNS sets how many; fast-check
 * prints the seed.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import { ManagedCircuit } from '../../lib/circuit/managed-circuit.js'
import type { Publisher } from '../../lib/circuit/events.js'
import type { CircuitState, Outcome, Permit, Rules } from '../../lib/circuit/types.js'
import { NOBODY } from '../support/owner.js'
import { RulesModel } from './rules-model.js'

const RUNS = Number(process.env['RUNS'] ?? 150)

type Step =
  | { readonly kind: 'admit'; readonly requests: number }
  | {
      readonly kind: 'end'
      readonly which: number
      readonly outcome: Outcome
      readonly after: number
    }
  | { readonly kind: 'burst'; readonly requests: number; readonly failsEach: number }
  | { readonly kind: 'report'; readonly outcome: 'success' | 'failure' }
  | { readonly kind: 'wait'; readonly seconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('admit' as const),
      requests: fc.constantFrom(1, 1, 1, 3),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(),
      outcome: fc.constantFrom<Outcome>('success', 'success', 'failure', 'failure', 'ignored'),
      after: fc.constantFrom(0, 0, 5, 100),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      requests: fc.integer({ min: 5, max: 40 }),
      failsEach: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      outcome: fc.constantFrom('success' as const, 'failure' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.constantFrom(0.25, 0.5, 1, 1, 2, 4, 8, 8.5, 16, 40, 3600),
    }),
  },
)

const failureRate = fc.record({
  threshold: fc.constantFrom(0.25, 0.5, 1),
  window: fc.constantFrom(5, 10, { requests: 4 }, { requests: 40 }),
  minimumRequests: fc.integer({ min: 1, max: 8 }),
})

const rules: fc.Arbitrary<Rules> = fc.record({
  threshold: fc.constantFrom(2, 4, Infinity),
  failureRate: fc.option(failureRate, { nil: false as const }),
  slowAfter: fc.constantFrom<number | false>(false, 1, 8),
  ttl: fc.constantFrom(1, 8),
  growth: fc.constantFrom<Rules['growth']>(false, { factor: 2, max: 20, jitter: 0 }),
  maxRetryAfter: fc.constantFrom(0, 10),
  permits: fc.integer({ min: 1, max: 3 }),
  probes: fc.constantFrom({ needed: 1, of: 1 }, { needed: 2, of: 3 }, { needed: 1, of: 2 }),
  probeTimeout: fc.constantFrom(4, 1000),
})

class Run {
  readonly told: CircuitState[] = []
  /** Failures that were published; true if slow. */
  readonly failures: boolean[] = []
  readonly model: RulesModel
  readonly #circuit: ManagedCircuit
  readonly #inFlight = new Map<number, Permit>()
  #now = 100
  #serial = 0

  constructor(given: Rules) {
    this.model = new RulesModel(given)
    const now = () => this.#now
    const local = new LocalCircuit(given, now)
    const publisher: Publisher = {
      publish: (name, event) => {
        if (name === 'stateChanged' && 'to' in event) this.told.push(event.to)
        if (name === 'failed') this.failures.push('slow' in event)
      },
      hasListeners: () => false,
    }
    this.#circuit = new ManagedCircuit(
      'c',
      local,
      publisher,
      NOBODY,
      given.slowAfter ? { slow: { slowAfter: given.slowAfter, now } } : {},
    )
  }

  take(taken: Step): void {
    if (taken.kind === 'wait') this.#now += taken.seconds
    if (taken.kind === 'admit') for (let left = taken.requests; left > 0; left -= 1) this.#admit()
    if (taken.kind === 'burst') this.#burst(taken.requests, taken.failsEach)
    if (taken.kind === 'report') {
      this.#circuit.report(taken.outcome)
      this.model.report(taken.outcome, this.#now)
    }
    if (taken.kind === 'end') {
      const id = [...this.#inFlight.keys()].at(taken.which % Math.max(1, this.#inFlight.size))
      if (id !== undefined)
        this.#end(id, taken.outcome, taken.outcome === 'failure' ? taken.after : 0)
    }
    this.#compare()
  }

  #burst(requests: number, failsEach: number): void {
    for (let count = 0; count < requests; count += 1) {
      if (this.#admit()) this.#end(this.#serial, count % failsEach === 0 ? 'failure' : 'success', 0)
    }
  }

  #admit(): boolean {
    this.#serial += 1
    const admission = this.#circuit.admit()
    ok('admitted' in admission)
    equal(admission.admitted, this.model.admit(this.#serial, this.#now))
    if (admission.admitted) this.#inFlight.set(this.#serial, admission)
    return admission.admitted
  }

  #end(id: number, outcome: Outcome, retryAfter: number): void {
    const permit = this.#inFlight.get(id)
    ok(permit)
    this.#inFlight.delete(id)
    this.#circuit.record(permit, outcome, undefined, retryAfter)
    this.model.end(id, outcome, this.#now, retryAfter)
  }

  #compare(): void {
    equal(this.#circuit.state, this.model.stateAt(this.#now))
    equal(this.#circuit.retryAfter, this.model.retryAfter(this.#now))
    deepEqual(this.#circuit.failureRate, this.model.rate(this.#now))
    equal(this.#circuit.failureCount, this.model.streak())
    deepEqual(
      this.told,
      this.model.moves.map(({ to }) => to),
    )
    deepEqual(this.failures, this.model.failures)
  }
}

describe('any sequence of overlapping requests', () => {
  it('leaves the circuit in the state that all of its rules require, after each step', () => {
    const visited = new Map<string, number>()
    const visit = (what: string) => visited.set(what, (visited.get(what) ?? 0) + 1)
    fc.assert(
      fc.property(rules, fc.array(step, { maxLength: 80, size: 'max' }), (given, steps) => {
        const run = new Run(given)
        for (const taken of steps) run.take(taken)
        for (const { to, round, lasts } of run.model.moves) {
          visit(to)
          if (round > 2) visit('a third round')
          if (lasts === 10) visit('a Retry-After')
        }
        if (run.failures.some(Boolean)) visit('slow')
      }),
      { numRuns: RUNS },
    )
    // A generator that never reaches something would prove nothing about it.
    for (const what of [
      'opened',
      'half-opened',
      'closed',
      'a third round',
      'a Retry-After',
      'slow',
    ]) {
      expect(visited.get(what) ?? 0).toBeGreaterThan(0)
    }
  })
})
