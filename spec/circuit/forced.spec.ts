/**
 * Forced circuits in random sequences, against the model. RUNS sets how many; fast-check prints the seed.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import axios from 'axios'
import fc from 'fast-check'
import type { ForcedState } from '../../lib/circuit/force.js'
import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import { ManagedCircuit } from '../../lib/circuit/managed-circuit.js'
import type { CircuitState, Outcome, Permit, Rules } from '../../lib/circuit/types.js'
import { CircuitBreaker, type CircuitEvents } from '../../lib/index.js'
import { NOBODY } from '../support/owner.js'
import { ForcedModel } from './forced-model.js'

const RUNS = Number(process.env['RUNS'] ?? 1000)

type Step =
  | { readonly kind: 'admit'; readonly requests: number }
  | { readonly kind: 'end'; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: 'wait'; readonly seconds: number }
  | {
      readonly kind: 'force'
      readonly state: ForcedState
      readonly lasts: number
      readonly by: string
    }
  | { readonly kind: 'report'; readonly outcome: 'success' | 'failure' }
  | { readonly kind: 'unforce' }
  | { readonly kind: 'attach again' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('admit' as const),
      requests: fc.constantFrom(1, 1, 1, 3),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(),
      outcome: fc.constantFrom<Outcome>('success', 'success', 'failure', 'failure', 'ignored'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.constantFrom(0.5, 1, 1, 4, 8, 8.5),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('force' as const),
      state: fc.constantFrom<ForcedState>('opened', 'closed'),
      lasts: fc.constantFrom(1, 8, 8, 20, Infinity, Infinity),
      by: fc.constantFrom('ann', 'ben'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      outcome: fc.constantFrom('success' as const, 'failure' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'unforce' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'attach again' as const }) },
)

interface Given {
  readonly rules: Rules
  readonly dryRun: boolean
}

const given: fc.Arbitrary<Given> = fc.record({
  rules: fc.record({
    threshold: fc.constantFrom(1, 1, 3),
    slowAfter: fc.constantFrom<number | false>(false, false, 1, 4),
    ttl: fc.constantFrom(1, 1, 8),
    permits: fc.constantFrom(1, 1, 2),
    probes: fc.constantFrom({ needed: 1, of: 1 }, { needed: 1, of: 1 }, { needed: 2, of: 3 }),
    probeTimeout: fc.constantFrom(4, 1000),
  }),
  dryRun: fc.constantFrom(true, false, false),
})

class Run {
  readonly model: ForcedModel
  /** Of circuits that are detached by now as well. */
  readonly events: { readonly [Name in 'forced' | 'rejected']: CircuitEvents[Name][] } = {
    forced: [],
    rejected: [],
  }
  #now = 100
  readonly #breaker = new CircuitBreaker({ now: () => this.#now })
  readonly #given: Given
  readonly #inFlight = new Map<number, Permit>()
  #moves: CircuitState[] = []
  #failures: boolean[] = []
  #circuit: ManagedCircuit
  #serial = 0

  constructor(options: Given) {
    this.#given = options
    this.model = new ForcedModel(options.rules, options.dryRun, this.#now)
    this.#breaker.on('stateChanged', ({ to }) => this.#moves.push(to))
    this.#breaker.on('failed', (event) => this.#failures.push('slow' in event))
    this.#breaker.on('forced', (event) => this.events.forced.push(event))
    this.#breaker.on('rejected', (event) => this.events.rejected.push(event))
    this.#circuit = this.#attach()
  }

  take(taken: Step): void {
    if (taken.kind === 'wait') this.#now += taken.seconds
    this.model.pass(this.#now)
    if (taken.kind === 'admit') for (let left = taken.requests; left > 0; left -= 1) this.#admit()
    if (taken.kind === 'end') this.#end(taken.which, taken.outcome)
    if (taken.kind === 'report') {
      this.#circuit.report(taken.outcome)
      this.model.report(taken.outcome, this.#now)
    }
    if (taken.kind === 'force') this.#force(taken)
    if (taken.kind === 'unforce') {
      void this.#circuit.unforce()
      this.model.unforce(this.#now)
    }
    if (taken.kind === 'attach again') this.#attachAgain()
    this.#compare()
  }

  close(): void {
    this.#circuit.detach()
  }

  #attach(): ManagedCircuit {
    const { rules, dryRun } = this.#given
    const attached: unknown = this.#breaker.attach(axios.create(), 'c', { ...rules, dryRun })
    return attached as ManagedCircuit
  }

  #attachAgain(): void {
    this.#circuit.detach()
    this.#inFlight.clear()
    this.#moves = []
    this.#failures = []
    this.#circuit = this.#attach()
    this.model.attachAgain(this.#now)
  }

  #force({ state, lasts, by }: Extract<Step, { kind: 'force' }>): void {
    void this.#circuit.force(state, { by, ...(lasts < Infinity && { for: lasts }) })
    this.model.forceTo({ state, by, until: this.#now + lasts }, this.#now)
  }

  #admit(): void {
    this.#serial += 1
    const admission = this.#circuit.admit()
    ok('admitted' in admission)
    const expected = this.model.admit(this.#serial, this.#now)
    equal(admission.admitted, expected.isSent)
    if (!admission.admitted) return
    equal(admission.probe, expected.isProbe)
    this.#inFlight.set(this.#serial, admission)
  }

  #end(which: number, outcome: Outcome): void {
    const [id, permit] = [...this.#inFlight].at(which % Math.max(1, this.#inFlight.size)) ?? []
    if (id === undefined || !permit) return
    this.#inFlight.delete(id)
    this.#circuit.record(permit, outcome)
    this.model.end(id, outcome, this.#now)
  }

  #compare(): void {
    const { model } = this
    const now = this.#now
    equal(this.#circuit.state, model.stateAt(now))
    equal(this.#circuit.retryAfter, model.retryAfter(now))
    deepEqual(this.#circuit.forced, model.forced(now))
    deepEqual(this.#circuit.toJSON().forced, model.forced(now))
    equal(this.#circuit.isReady || model.stateAt(now) !== 'closed', true)
    if (model.force) deepEqual([this.#circuit.cause, this.#circuit.round], [undefined, 0])
    equal(this.#circuit.failureCount, model.rules.streak())
    deepEqual(
      this.#moves,
      model.rules.moves.map(({ to }) => to),
    )
    deepEqual(this.#failures, model.rules.failures)
    deepEqual(
      this.events.forced,
      model.changes.map((forced) => ({ circuit: 'c', forced })),
    )
    deepEqual(
      this.events.rejected,
      model.rejected.map((rejected) => ({ circuit: 'c', ...rejected })),
    )
  }
}

/** What the sequences must reach, or they would prove nothing about it. */
const REACHED = [
  'a refusal of a forced circuit',
  'a refusal in a dry run',
  'a force that is over',
  'a return to the dry run',
  'closed: opened',
  'closed: half-opened',
  'closed: closed',
  'opened: opened',
  'opened: closed',
  'none: half-opened',
  'probe ends under another force: closed',
  'probe ends under another force: opened',
]

it('any sequence of overlapping requests, forces and time leaves the circuit as the model says', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(
      given,
      fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }),
      (options, steps) => {
        const run = new Run(options)
        for (const taken of steps) run.take(taken)
        run.close()
        for (const what of run.model.reached) reached.add(what)
      },
    ),
    { numRuns: RUNS },
  )
  expect(REACHED.filter((what) => !reached.has(what))).toEqual([])
})

it('a force ends although nothing removes it', () => {
  let now = 0
  const rules = { threshold: 1, ttl: 1, permits: 1, probeTimeout: 1 }
  const local = new LocalCircuit(rules, () => now)
  const publisher = { publish: () => undefined, hasListeners: () => false }
  const circuit = new ManagedCircuit('c', local, publisher, NOBODY)
  const terms = { ttl: 1, now: () => now, onEnd: () => undefined }
  circuit.stand({ state: 'opened', until: 5 }, terms)
  expect(circuit.state).toBe('opened')
  now = 5
  expect(circuit).toMatchObject({ state: 'closed', forced: undefined })
})
