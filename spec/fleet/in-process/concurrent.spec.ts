/**
 * Several processes use one circuit at random and at once, and none waits for another. The spec checks the
 * invariants, whatever comes first. RUNS sets the number of sequences.
 */
import { ok } from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { Machine, Outcome, Permit, Rules } from '../../../lib/circuit/types.js'
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import { Recording, type Entry } from './recording.js'
import { PATIENT, SUBJECTS, type Subject } from '../../storage/subjects.js'

const RUNS = Number(process.env.RUNS ?? 100)
const PROCESSES = 4

type Step =
  | { readonly kind: 'admit'; readonly by: number }
  | { readonly kind: 'end'; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: 'report'; readonly by: number; readonly outcome: Outcome }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'turn' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('admit' as const),
      by: fc.nat(PROCESSES - 1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(),
      outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'failure', 'ignored'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      by: fc.nat(PROCESSES - 1),
      outcome: fc.constantFrom<Outcome>('success', 'failure'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.constantFrom(0.5, 4, 4.5, 9),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'turn' as const }) },
)

const rules = fc.record<Rules>({
  threshold: fc.integer({ min: 1, max: 3 }),
  ttl: fc.constant(4),
  permits: fc.integer({ min: 1, max: 2 }),
  probeTimeout: fc.constantFrom(8, 60),
})

describe.each(Object.keys(SUBJECTS))('processes that share a %s', (name) => {
  let subject: Subject
  let serial = 0
  const visited = new Set<string>()
  beforeAll(async () => {
    subject = (await SUBJECTS[name]?.()) as Subject
  })
  afterAll(() => subject.stop())

  it(
    'never have more probes than permits, and never count results of another epoch',
    async () => {
      const sequences = fc.array(step, { minLength: 10, maxLength: 80, size: 'max' })
      const property = fc.asyncProperty(rules, sequences, async (given, sequence) => {
        serial += 1
        const fleet = new Fleet(subject, `concurrent ${serial}`, given)
        for (const state of await fleet.run(sequence)) visited.add(state)
      })
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
      expect([...visited].toSorted()).toEqual(['closed', 'half-opened', 'opened'])
    },
    60_000 + RUNS * 1000,
  )
})

interface InFlight {
  readonly by: number
  readonly permit: Permit
}

class Fleet {
  #now = 1000
  readonly #subject: Subject
  readonly #recording: Recording
  readonly #members: (readonly [Machine, Membership])[]
  #inFlight: InFlight[] = []
  #probes = 0
  readonly #admissions: Promise<unknown>[] = []

  constructor(subject: Subject, name: string, given: Rules) {
    this.#subject = subject
    this.#recording = new Recording(subject.create(PATIENT), PATIENT, () => this.#now)
    const publisher = { publish: () => undefined, hasListeners: () => false }
    this.#members = Array.from({ length: PROCESSES }, () => {
      const membership = joinStorage(this.#recording, {
        publisher,
        now: () => this.#now,
      })
      return [membership.machineFor(name, given), membership]
    })
  }

  /** @returns the states that were visited */
  async run(sequence: readonly Step[]): Promise<string[]> {
    await this.#subject.setClock(this.#now)
    await Promise.all(this.#members.map(([, membership]) => membership.init()))
    for (const taken of sequence) {
      if (taken.kind === 'admit') this.#admit(taken.by)
      else if (taken.kind === 'end') this.#end(taken)
      else if (taken.kind === 'report') this.#report(taken)
      else if (taken.kind === 'turn') await turn()
      else await this.#wait(taken.seconds)
    }
    await this.#drain()
    for (const [, membership] of this.#members) await membership.close()
    return checkHistory(this.#recording.entries)
  }

  #admit(by: number): void {
    const member = this.#members[by]
    if (member) this.#admissions.push(this.#take(by, member[0]))
  }

  async #take(by: number, machine: Machine): Promise<void> {
    const admission = await machine.admit()
    if (!admission.admitted) return
    this.#inFlight.push({ by, permit: admission })
    if (admission.probe) this.#probes += 1
    ok(this.#probes <= grantsIn(this.#recording.entries), 'a probe without a permit')
  }

  #end({ which, outcome }: Step & { kind: 'end' }): void {
    const [ended] = this.#inFlight.splice(which % Math.max(1, this.#inFlight.length), 1)
    if (ended) this.#members[ended.by]?.[0].record(ended.permit, outcome)
  }

  /** As `circuit.report` does. */
  #report({ by, outcome }: Step & { kind: 'report' }): void {
    const machine = this.#members[by]?.[0]
    if (machine?.closedPermit) machine.record(machine.closedPermit, outcome, {})
  }

  /** Lets everything settle that takes milliseconds, before seconds pass. */
  async #wait(seconds: number): Promise<void> {
    await this.#drain()
    this.#now += seconds
    await this.#subject.setClock(this.#now)
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#admissions.splice(0))
    for (const [, membership] of this.#members) await membership.flush()
  }
}

function grantsIn(entries: readonly Entry[]): number {
  return entries.filter(isGrant).length
}

function isGrant({ question, answer }: Entry): boolean {
  return question.op === 'acquire' && answer.granted && answer.state === 'half-opened'
}

/** Checks what the storage did, command by command. */
function checkHistory(entries: readonly Entry[]): string[] {
  const ordered = entries.toSorted((a, b) => a.answer.version - b.answer.version)
  const held = new Map<string, Entry>()
  let epoch = 0
  for (const entry of ordered) {
    const { question, answer } = entry
    ok(answer.version >= answer.epoch, 'an epoch begins with a version')
    ok(answer.epoch >= epoch, 'an epoch came back')
    if (question.op === 'settle' && answer.granted) checkSettled(held.get(question.token), epoch)
    if (question.op === 'settle') held.delete(question.token)
    if (isGrant(entry) && question.op === 'acquire') {
      held.set(question.token, entry)
      checkHeld([...held.values()], entry)
    }
    epoch = answer.epoch
  }
  return ordered.map(({ answer }) => answer.state)
}

function checkSettled(grant: Entry | undefined, epoch: number): void {
  ok(grant, 'a result of no probe counted')
  ok(grant.answer.epoch === epoch, 'a result of another epoch counted')
}

function checkHeld(grants: readonly Entry[], { at, answer, question }: Entry): void {
  const { permits, lease } = question.terms
  const live = grants.filter(
    (grant) => grant.answer.epoch === answer.epoch && at - grant.at <= lease,
  )
  ok(live.length <= permits, `${live.length} permits at once`)
}
