/**
 * Redis's script and the reference rules are asked the same random questions, by processes that know
 * different epochs, none, or the future's, while clocks are set and everything is forgotten: they answer
 * alike, publish the same, and the invariants hold. RUNS sets the number of sequences.
 */
import { deepEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import type { CircuitState, Outcome } from '../../lib/circuit/types.js'
import type { Answer, Command, Connection, Snapshot, Terms } from '../../lib/fleet/index.js'
import { FAR_FUTURE, PERMIT_OF_OTHERS } from '../../lib/storage/limits.js'
import { INITIAL_SNAPSHOT } from '../../lib/storage/initial-snapshot.js'
import { SUBJECTS, type Published, type Subject } from './subjects.js'

const RUNS = Number(process.env.RUNS ?? 400)
const START = 100_000
const PROCESSES = 4
/** By this, a lease may differ from that of other processes: two of the shorter ones are less than a minute. */
const MUCH_LONGER = 40
const ONLOOKER = -1

interface Asking {
  readonly kind: 'ask'
  /** One of the processes, or none: an onlooker, which knows what the first process knows. */
  readonly by: number
  readonly command: Command
}
type Step =
  | Asking
  | {
      readonly kind: 'pretend'
      readonly by: number
      readonly epoch: number
      readonly state: CircuitState
      readonly openedFor: number
    }
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'forget' }

const token = fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1')
const outcome = fc.constantFrom<Outcome>('success', 'failure', 'ignored')
const reason = fc.constantFrom(
  undefined,
  { code: 'ECONNRESET' },
  { status: 503 },
  { code: 'ERR_BAD_RESPONSE', status: 500 },
)
const askedFor = fc.constantFrom(undefined, undefined, 2, 30)
const seen = fc
  .record({
    requests: fc.nat(12),
    failed: fc.nat(12),
    fresh: fc.constantFrom(0, 0, 1, 5),
    // 1 stands for the poll that is known.
    poll: fc.constantFrom(0, 1, 1, 1, 7),
    openedFor: fc.constantFrom(undefined, undefined, undefined, 0, 0.25, 3),
  })
  .map(({ failed, requests, ...given }) => ({
    ...given,
    requests,
    failures: Math.min(failed, requests),
  }))
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ op: fc.constant('read' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('report' as const),
      evidence: fc.record({
        failures: fc.nat(4),
        age: fc.constantFrom(0, 0, 0, 3, 12),
      }),
      reason,
      retryAfter: askedFor,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('report' as const),
      evidence: fc.record({
        failures: fc.option(fc.nat(2), { nil: undefined }),
        age: fc.constant(0),
        window: seen,
      }),
      reason,
      retryAfter: askedFor,
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('acquire' as const), token }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('renew' as const),
      token,
      lease: fc.constantFrom(1, 5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('settle' as const),
      token,
      outcome,
      isInFlight: fc.constantFrom(undefined, undefined, true as const),
      reason,
      retryAfter: askedFor,
    }),
  },
)
const by = fc.nat(PROCESSES - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('ask' as const), by, command }) },
  {
    weight: 1,
    arbitrary: fc.constant({ kind: 'ask', by: ONLOOKER, command: { op: 'read' } } as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pretend' as const),
      by,
      epoch: fc.constantFrom(0, 1, 90_000e6, 100_000e6, 200_000e6, 5e15),
      state: fc.constantFrom<CircuitState>('closed', 'closed', 'opened', 'half-opened'),
      openedFor: fc.constantFrom(0, 4, 10, 30),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      seconds: fc.constantFrom(0.125, 0.25, 0.25, 0.5, 2, 5, 9, 11, 70, -1, -3600, 3600),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const) }) },
)
/** A poll from its first suspicious failures to the count of its answers, which chance alone hardly ever makes. */
const pollOfAll: fc.Arbitrary<readonly Step[]> = fc
  .record({
    who: fc.array(by, { minLength: 4, maxLength: 8 }),
    failures: fc.constantFrom(2, 6, 12),
    patience: fc.constantFrom(0.25, 0.5),
  })
  .map(({ who, failures, patience }) => {
    const [first = 0] = who
    const asks = (asker: number, fresh: number, poll: number, requests = 12): Step => {
      const window = { requests, failures: Math.min(failures, requests), fresh, poll }
      const evidence = { failures: undefined, age: 0, window: { ...window, openedFor: undefined } }
      const told = { reason: undefined, retryAfter: undefined }
      return { kind: 'ask', by: asker, command: { op: 'report', evidence, ...told } }
    }
    return [
      ...who.map((asker) => asks(asker, 5, 0)),
      ...who.map((asker) => asks(asker, 0, 1)),
      { kind: 'clock', seconds: patience },
      asks(first, 0, 0, 0),
    ]
  })
/** An outage and two probes that fail, which chance alone seldom makes. */
const failedProbes: fc.Arbitrary<readonly Step[]> = by.map((prober) => {
  const told = { reason: undefined, retryAfter: undefined }
  const report: Command = { op: 'report', evidence: { failures: 4, age: 0 }, ...told }
  const acquire: Command = { op: 'acquire', token: 'a:1' }
  const settle: Command = { op: 'settle', token: 'a:1', outcome: 'failure', ...told }
  const ask = (asker: number, asked: Command): Step => ({ kind: 'ask', by: asker, command: asked })
  const opening = Array.from({ length: PROCESSES }, (_item, asker) => ask(asker, report))
  const probe = [acquire, settle].map((asked) => ask(prober, asked))
  return [...opening, { kind: 'clock', seconds: 70 }, ...probe, ...probe]
})
/** Permits that are lent one after the other, or held without, by processes that allow more of them or fewer. */
const spreadPermits: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    by,
    fc.array(
      fc.tuple(
        fc.constantFrom(0.25, 1, 2, 3),
        by,
        fc.constantFrom(
          { op: 'acquire' as const },
          { op: 'acquire' as const },
          { op: 'renew' as const, lease: 5 },
        ),
      ),
      { minLength: 4, maxLength: 6 },
    ),
  )
  .map(([reader, askers]) => {
    const told = { reason: undefined, retryAfter: undefined }
    const report: Command = { op: 'report', evidence: { failures: 4, age: 0 }, ...told }
    const ask = (asker: number, asked: Command): Step => ({
      kind: 'ask',
      by: asker,
      command: asked,
    })
    const opening = Array.from({ length: PROCESSES }, (_item, asker) => ask(asker, report))
    const probes = askers.flatMap(([seconds, asker, how], index): readonly Step[] => [
      ask(asker, { ...how, token: `${'abcdef'[index]}:1` }),
      { kind: 'clock', seconds },
      ask(reader, { op: 'read' }),
    ])
    return [...opening, { kind: 'clock', seconds: 70 }, ...probes]
  })
const terms = fc.record<Terms>({
  opening: fc.record({
    threshold: fc.constantFrom(1, 3, 5, Infinity),
    failureRate: fc.option(
      fc.record({
        threshold: fc.constantFrom(0.25, 0.5, 1),
        window: fc.constantFrom(5, 10, { requests: 20 }),
        minimumRequests: fc.constantFrom(1, 6, 20),
      }),
      { nil: false as const },
    ),
  }),
  ttl: fc.constantFrom(4, 10),
  growth: fc.constantFrom<Terms['growth']>(
    false,
    { factor: 2, max: 30, jitter: 0 },
    { factor: 1.5, max: 12, jitter: 0.5 },
  ),
  maxRetryAfter: fc.constantFrom(0, 20),
  grace: fc.constantFrom(0, 0.001),
  permits: fc.integer({ min: 1, max: 2 }),
  probes: fc.constantFrom({ needed: 1, of: 1 }, { needed: 2, of: 3 }),
  lease: fc.constantFrom(2, 6),
  quorum: fc.integer({ min: 1, max: 3 }),
})

let serial = 0
let subjects: readonly Subject[]
/** What each subject has published about the circuits of one sequence. */
let published: readonly Published[][]
let receiveAll: readonly (() => Promise<unknown>)[]
beforeAll(async () => {
  subjects = await Promise.all(Object.values(SUBJECTS).map((start) => start()))
  receiveAll = await Promise.all(
    subjects.map((subject, index) =>
      subject.listen((message) => void published[index]?.push(message)),
    ),
  )
})
afterAll(() => Promise.all(subjects.map((subject) => subject.stop())))

/** The same circuit on a storage of each kind. */
class Twins {
  #now = START
  #poll = 0
  readonly #terms: Terms
  readonly #circuit: string
  readonly #connections: readonly Connection[]
  readonly #known: Snapshot[] = Array.from({ length: PROCESSES }, () => INITIAL_SNAPSHOT)

  constructor(given: Terms) {
    serial += 1
    published = subjects.map(() => [])
    this.#terms = given
    this.#circuit = `twins ${serial}`
    const listener = {
      pushed: () => undefined,
      hinted: () => undefined,
      resumed: () => undefined,
      lost: () => undefined,
    }
    const named = { reporter: 'one' }
    this.#connections = subjects.map((subject) => subject.create(named).connect(listener))
  }

  async run(sequence: readonly Step[]): Promise<void> {
    await this.#setClock()
    await Promise.all(this.#connections.map(({ ready }) => ready))
    try {
      for (const taken of sequence) await this.#take(taken)
      await this.#comparePublished()
    } finally {
      await Promise.all(this.#connections.map((connection) => connection.close()))
    }
  }

  async #take(taken: Step): Promise<void> {
    if (taken.kind === 'ask') await this.#ask(taken)
    else if (taken.kind === 'forget') await Promise.all(subjects.map((subject) => subject.forget()))
    else if (taken.kind === 'clock') {
      this.#now += taken.seconds
      await this.#setClock()
    } else {
      const { epoch, state, openedFor } = taken
      this.#known[taken.by] = { ...INITIAL_SNAPSHOT, version: epoch, epoch, state, openedFor }
    }
  }

  async #setClock(): Promise<void> {
    await Promise.all(subjects.map((subject) => subject.setClock(this.#now)))
  }

  async #ask({ by: index, command: asked }: Asking): Promise<void> {
    const known = this.#known[Math.max(0, index)] as Snapshot
    const process = index === ONLOOKER ? '' : `p${index}`
    const common = { circuit: this.#circuit, process, reporter: process, deadline: 1e6 }
    // In a rolling deploy, half of the processes may allow more probes than the others, for longer.
    const isNew = index % 2 !== 0
    const permits = this.#terms.permits + (isNew ? 1 : 0)
    const lease = this.#terms.lease * (isNew ? MUCH_LONGER : 1)
    const question = {
      ...common,
      known,
      terms: { ...this.#terms, permits, lease },
      ...this.#filledIn(asked),
    }
    const answers = await Promise.all(
      this.#connections.map((connection) => connection.ask(question)),
    )
    const [answer, other] = answers.map((one) => rounded(one)) as [Answer, Answer]
    deepEqual(answer, other)
    this.#poll = answer.poll?.id ?? this.#poll
    for (const what of seenIn(answer)) visited.set(what, (visited.get(what) ?? 0) + 1)
    this.#check(answer, known, asked, lease)
    if (index !== ONLOOKER && answer.version > known.version) this.#known[index] = answer
  }

  async #comparePublished(): Promise<void> {
    for (const received of receiveAll) await received()
    const about = published.map((messages) =>
      messages
        .filter(({ circuit }) => circuit === this.#circuit)
        .map(({ process, snapshot }) => ({ process, snapshot: rounded(snapshot) })),
    )
    deepEqual(about[0], about[1])
  }

  #filledIn(asked: Command): Command {
    if (asked.op !== 'report' || asked.evidence.window?.poll !== 1) return asked
    const window = { ...asked.evidence.window, poll: this.#poll }
    return { ...asked, evidence: { ...asked.evidence, window } }
  }

  #check(answer: Answer, known: Snapshot, asked: Command, lease: number): void {
    const { opening, quorum } = this.#terms
    const isBelieved = known.epoch <= (this.#now + FAR_FUTURE) * 1e6
    ok(answer.version >= answer.epoch, 'an epoch begins with a version')
    const longest = Math.max(PERMIT_OF_OTHERS, 2 * lease)
    ok(answer.heldFor <= longest, 'a permit is held for longer than any process lends it')
    ok(answer.state !== 'closed' || answer.heldFor === 0, 'a closed circuit is held')
    if (asked.op !== 'report' || !answer.granted) return
    ok(!isBelieved || answer.epoch >= known.epoch, 'an epoch went back')
    const proves = Number(asked.evidence.failures) >= opening.threshold && asked.evidence.age === 0
    if (proves && quorum === 1)
      ok(answer.state === 'opened', 'a threshold of failures did not open')
  }
}

/** What the generator must reach to prove something about it. */
const visited = new Map<string, number>()

function seenIn({ state, cause, round = 0, retryAfter, poll }: Answer): string[] {
  return [
    state,
    ...(poll ? ['a poll'] : []),
    ...(round > 1 ? ['a second round'] : []),
    ...(retryAfter ? ['a Retry-After'] : []),
    ...(cause ? [`opened by a ${cause}`] : []),
  ]
}

/** Microseconds of one storage are doubles of the other. */
function rounded<Told extends Snapshot>(told: Told): Told {
  const round = (seconds: number): number => Math.round(seconds * 1e3) / 1e3
  const { openedFor, heldFor } = told
  return { ...told, openedFor: round(openedFor), heldFor: round(heldFor) }
}

it(
  'the script and the rules give the same answers, and publish the same',
  async () => {
    const part = fc.oneof(
      { weight: 30, arbitrary: step.map((one): readonly Step[] => [one]) },
      { weight: 1, arbitrary: pollOfAll },
      { weight: 1, arbitrary: failedProbes },
      { weight: 1, arbitrary: spreadPermits },
    )
    const sequences = fc
      .array(part, { minLength: 5, maxLength: 50, size: 'max' })
      .map((parts) => parts.flat())
    const property = fc.asyncProperty(terms, sequences, (given, sequence) =>
      new Twins(given).run(sequence),
    )
    await fc.assert(property, { numRuns: RUNS })
    expect([...visited.keys()]).toEqual(
      expect.arrayContaining([
        'opened',
        'half-opened',
        'a poll',
        'a second round',
        'a Retry-After',
        'opened by a streak',
        'opened by a rate',
        'opened by a probe',
      ]),
    )
  },
  RUNS * 1000,
)
