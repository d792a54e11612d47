/** Random sequences of overlapping requests against the model. RUNS sets how many; fast-check prints the seed. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import { ManagedCircuit } from '../../lib/circuit/managed-circuit.js'
import type { Publisher } from '../../lib/circuit/events.js'
import type { CircuitState, Outcome, Permit, Rules } from '../../lib/circuit/types.js'
import { NOBODY } from '../support/owner.js'
import { Model } from './model.js'
import { steps, type Step } from './steps.js'

const RUNS = Number(process.env['RUNS'] ?? 1500)

const rulesArbitrary: fc.Arbitrary<Rules> = fc.record({
  threshold: fc.integer({ min: 1, max: 4 }),
  ttl: fc.constantFrom(1, 8),
  permits: fc.integer({ min: 1, max: 3 }),
  probeTimeout: fc.constantFrom(4, 1000),
})

/** One run: the same steps for the circuit and for the model, compared after each. */
class Run {
  readonly told: CircuitState[] = []
  readonly #circuit: ManagedCircuit
  readonly #model: Model
  readonly #rules: Rules
  readonly #inFlight = new Map<number, Permit>()
  #now = 100
  #serial = 0

  constructor(rules: Rules) {
    this.#rules = rules
    this.#model = new Model(rules)
    const local = new LocalCircuit(rules, () => this.#now)
    const publisher: Publisher = {
      publish: (name, event) => {
        if (name === 'stateChanged' && 'to' in event) this.told.push(event.to)
      },
      hasListeners: () => false,
    }
    this.#circuit = new ManagedCircuit('c', local, publisher, NOBODY)
  }

  take(step: Step): void {
    if (step.kind === 'wait') this.#now += step.seconds
    if (step.kind === 'admit') this.#admit()
    if (step.kind === 'end') this.#end(step.which, step.outcome)
    if (step.kind === 'report') this.#report(step.outcome)
    this.#compare()
  }

  #admit(): void {
    this.#serial += 1
    const admission = this.#circuit.admit()
    ok('admitted' in admission)
    equal(admission.admitted, this.#model.admit(this.#serial, this.#now))
    if (admission.admitted) this.#inFlight.set(this.#serial, admission)
  }

  #end(which: number, outcome: Outcome): void {
    const entry = [...this.#inFlight].at(which % Math.max(1, this.#inFlight.size))
    if (!entry) return
    const [id, permit] = entry
    this.#inFlight.delete(id)
    this.#circuit.record(permit, outcome)
    this.#model.end(id, outcome, this.#now)
  }

  #report(outcome: 'success' | 'failure'): void {
    this.#circuit.report(outcome)
    this.#model.report(outcome, this.#now)
  }

  #compare(): void {
    const { state, failureCount, retryAfter } = this.#circuit
    equal(state, this.#model.stateAt(this.#now))
    equal(failureCount, this.#model.failureCount())
    equal(retryAfter, this.#model.retryAfter(this.#now))
    deepEqual(this.told, this.#model.moves)
    if (this.#model.state === 'half-opened') {
      ok(this.#model.probes(this.#now).length <= this.#rules.permits)
    }
  }
}

describe('any sequence of overlapping requests', () => {
  it('leaves the circuit in the state that the rules require, after each step', () => {
    const visited = new Set<string>()
    fc.assert(
      fc.property(rulesArbitrary, steps(10, 80), (rules, sequence) => {
        const run = new Run(rules)
        for (const step of sequence) run.take(step)
        for (const [index, to] of run.told.entries()) visited.add(`${run.told[index - 1]}-${to}`)
      }),
      { numRuns: RUNS },
    )
    // A generator that never reaches a transition would prove nothing about it.
    expect([...visited]).toEqual(
      expect.arrayContaining([
        'undefined-opened',
        'opened-half-opened',
        'half-opened-opened',
        'half-opened-closed',
        'closed-opened',
      ]),
    )
  })
})
