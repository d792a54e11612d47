/**
 * The same random steps drive a local circuit and a shared one that is alone in its fleet. Both must read alike after
 * each step, so that the two sets of rules do not drift apart. RUNS sets the number of sequences.
 */
import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import type { Machine, Outcome, Permit, Rules } from '../../lib/circuit/types.js'
import { joinStorage, type Membership } from '../../lib/breaker/membership.js'
import type { SharedStorage } from '../../lib/fleet/index.js'
import { steps, type Step } from '../circuit/steps.js'
import { PATIENT, SUBJECTS, type Subject } from './subjects.js'

const RUNS = Number(process.env.RUNS ?? 80)

const rules: fc.Arbitrary<Rules> = fc
  .record<Rules>({
    threshold: fc.integer({ min: 1, max: 4 }),
    ttl: fc.constantFrom(1, 4, 8),
    permits: fc.integer({ min: 1, max: 3 }),
    probeTimeout: fc.constantFrom(2, 8.5, 60),
    sharedThreshold: fc.constantFrom(undefined, undefined, Infinity),
    failureRate: fc.option(
      fc.record({
        threshold: fc.constantFrom(0.5, 1),
        window: fc.constantFrom(5, 10, { requests: 5 }),
        minimumRequests: fc.integer({ min: 1, max: 5 }),
      }),
      { nil: false as const },
    ),
    // Its jitter derives from the epoch, and the local circuit has other epochs.
    growth: fc.constantFrom<Rules['growth']>(false, { factor: 2, max: 20, jitter: 0 }),
    maxRetryAfter: fc.constantFrom(0, 10),
    probes: fc.constantFrom({ needed: 1, of: 1 }, { needed: 2, of: 3 }, { needed: 1, of: 2 }),
  })
  // Openings of one process alone are no openings of the fleet, and their ttl grows separately.
  .map((given) => (given.sharedThreshold ? { ...given, growth: false as const } : given))

describe.each(Object.keys(SUBJECTS))('a circuit in a %s', (name) => {
  let subject: Subject
  let storage: SharedStorage
  let serial = 0
  beforeAll(async () => {
    subject = (await SUBJECTS[name]?.()) as Subject
    storage = subject.create(PATIENT)
  })
  afterAll(() => subject.stop())

  it(
    'reads the same as the local circuit',
    async () => {
      const property = fc.asyncProperty(rules, steps(1, 60), async (given, sequence) => {
        serial += 1
        await new Pair(subject, storage, `alike ${serial}`, given).run(sequence)
      })
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
      expect(serial).toBeGreaterThanOrEqual(RUNS)
    },
    RUNS * 1000,
  )
})

/** Two circuits with one clock. */
class Pair {
  #now = 1000
  readonly #subject: Subject
  readonly #rules: Rules
  readonly #local: LocalCircuit
  readonly #shared: Machine
  readonly #membership: Membership
  readonly #inFlight: (readonly [Permit, Permit])[] = []

  constructor(subject: Subject, storage: SharedStorage, name: string, given: Rules) {
    this.#subject = subject
    this.#rules = given
    this.#local = new LocalCircuit(given, () => this.#now)
    const publisher = { publish: () => undefined, hasListeners: () => false }
    this.#membership = joinStorage(storage, { publisher, now: () => this.#now })
    this.#shared = this.#membership.machineFor(name, given)
  }

  async run(sequence: readonly Step[]): Promise<void> {
    await this.#subject.setClock(this.#now)
    await this.#membership.init()
    for (const step of sequence) {
      if (step.kind === 'admit') await this.#admit()
      else if (step.kind === 'end') this.#end(step)
      else if (step.kind === 'report') this.#report(step.outcome)
      else await this.#wait(step.seconds)
      await this.#membership.flush()
      deepEqual(this.#read(this.#shared), this.#read(this.#local))
      if (this.#local.decidedState === 'opened') await this.#awaitPoll()
    }
    await this.#membership.close()
  }

  async #admit(): Promise<void> {
    const local = this.#local.admit()
    const shared = await this.#shared.admit()
    if (local.admitted && shared.admitted) this.#inFlight.push([local, shared])
    else deepEqual(shared, local)
  }

  #end({ which, outcome }: Step & { kind: 'end' }): void {
    const [permits] = this.#inFlight.splice(which % Math.max(1, this.#inFlight.length), 1)
    if (!permits) return
    const retryAfter = outcome === 'failure' ? which % 12 : 0
    this.#local.record(permits[0], outcome, undefined, retryAfter)
    this.#shared.record(permits[1], outcome, undefined, retryAfter)
  }

  /** As `circuit.report` does. */
  #report(outcome: Outcome): void {
    for (const machine of [this.#local, this.#shared]) {
      const permit = machine.closedPermit
      if (permit) machine.record(permit, outcome, {})
    }
  }

  /** What the rate has opened here opens for the fleet when the answers to a poll are counted. */
  async #awaitPoll(): Promise<void> {
    for (let quarter = 0; quarter < 2; quarter += 1) {
      await this.#wait(0.25)
      await this.#membership.flush()
    }
    deepEqual(this.#read(this.#shared), this.#read(this.#local))
  }

  #read({ state, decidedState, failureCount, failureRate, retryAfter, opening }: Machine) {
    // What opens this process alone is no opening of the fleet, whose rounds are counted without it.
    const round = this.#rules.sharedThreshold === Infinity ? undefined : opening?.round
    const cause = opening?.cause
    // What one process opens by its streak may open for the fleet by the rate, and the other way round.
    const named = this.#rules.failureRate && cause === 'streak' ? 'rate' : cause
    return { state, decidedState, failureCount, failureRate, retryAfter, round, cause: named }
  }

  async #wait(seconds: number): Promise<void> {
    this.#now += seconds
    await this.#subject.setClock(this.#now)
  }
}
