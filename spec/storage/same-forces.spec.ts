/**
 * Redis's script and the reference rules are asked the same random questions about forced circuits, by
 * processes that know the list of any moment, or make one up, while clocks are set and everything is
 * forgotten: they answer alike, and the newest entry for each circuit counts. RUNS sets the number of sequences.
 */
import { deepEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import type { Connection, ForceAnswer, ForceCommand, ForceList } from '../../lib/fleet/index.js'
import { NO_FORCES } from '../../lib/storage/forces.js'
import { until } from '../support/until.js'
import { SUBJECTS, type Subject } from './subjects.js'

const RUNS = Number(process.env.RUNS ?? 300)
const START = 1_000_000
const PROCESSES = 3
const DAY = 86_400

type Step =
  | { readonly kind: 'ask'; readonly by: number; readonly command: ForceCommand }
  | { readonly kind: 'pretend'; readonly by: number; readonly list: ForceList }
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'forget' }

const circuit = fc.constantFrom(
  'users',
  'a/b',
  '__proto__',
  'constructor',
  '🐸"\\\n',
  'x'.repeat(900),
)
const words = fc.constantFrom(undefined, 'ann', 'ä"\\\n🐸', 'y'.repeat(200))
const force = fc.record({
  state: fc.constantFrom('opened' as const, 'closed' as const),
  by: words,
  reason: words,
  endsIn: fc.constantFrom(undefined, undefined, 0.5, 10, 3 * DAY),
})
const command: fc.Arbitrary<ForceCommand> = fc.oneof(
  fc.record({ op: fc.constant('read' as const), isRoutine: fc.boolean() }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant('force' as const), circuit, force }) },
  fc.record({ op: fc.constant('unforce' as const), circuit }),
)
const by = fc.nat(PROCESSES - 1)
/** Seconds of a clock, as microseconds: of long ago, of about now, of soon, and of the far future. */
const version = fc.constantFrom(1, START - 2 * DAY, START - 1, START, START + 5, START + 3 * DAY, 4e9).map((seconds) => seconds * 1e6) // prettier-ignore
const list: fc.Arbitrary<ForceList> = fc
  .record({
    version,
    floor: fc.constantFrom(0, 0, START - 2 * DAY, START - 1, START + 1).map((at) => at * 1e6),
    forces: fc.array(fc.tuple(circuit, version, force), { maxLength: 4 }),
    lifted: fc.array(fc.tuple(circuit, version), { maxLength: 3 }),
  })
  .map(({ forces, lifted, ...given }) => {
    const seen = new Set<string>()
    const isNew = (name: string): boolean => !seen.has(name) && seen.add(name).size > 0
    return {
      ...given,
      forces: forces
        .filter(([name]) => isNew(name))
        .map(([name, at, word]) => ({ circuit: name, version: at, ...word })),
      lifted: lifted
        .filter(([name]) => isNew(name))
        .map(([name, at]) => ({ circuit: name, version: at })),
    }
  })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('ask' as const), by, command }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pretend' as const), by, list }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      seconds: fc.constantFrom(0.125, 0.25, 1, 9, 11, 3600, 2 * DAY, -1, -3600, -2 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const) }) },
)

let subjects: readonly Subject[]
beforeAll(async () => {
  subjects = await Promise.all(Object.values(SUBJECTS).map((start) => start()))
})
afterAll(() => Promise.all(subjects.map((subject) => subject.stop())))

/** The same list on a storage of each kind. */
class Twins {
  #now = START
  /** The versions that each connection received, those of one storage after those of the other. */
  readonly #announced: number[][] = [[], []]
  readonly #connections: readonly Connection[]
  readonly #known: ForceList[] = Array.from({ length: PROCESSES }, () => NO_FORCES)

  private constructor() {
    this.#connections = subjects.map((subject, index) =>
      subject.create().connect({
        pushed: () => undefined,
        hinted: () => undefined,
        resumed: () => undefined,
        lost: () => undefined,
        forcesChanged: (newest) => void this.#announced[index]?.push(newest),
      }),
    )
  }

  /** Nobody has written to their list yet. */
  static async create(): Promise<Twins> {
    await Promise.all(subjects.map((subject) => subject.setClock(START)))
    await Promise.all(subjects.map((subject) => subject.forget()))
    return new Twins()
  }

  async run(sequence: readonly Step[]): Promise<void> {
    await Promise.all(this.#connections.map(({ ready }) => ready))
    try {
      for (const taken of sequence) await this.#take(taken)
      await this.#receiveAll()
    } finally {
      await Promise.all(this.#connections.map((connection) => connection.close()))
    }
  }

  async #take(taken: Step): Promise<void> {
    if (taken.kind === 'ask') await this.#ask(taken)
    else if (taken.kind === 'pretend') this.#known[taken.by] = taken.list
    else if (taken.kind === 'forget') await Promise.all(subjects.map((each) => each.forget()))
    else {
      this.#now += taken.seconds
      await this.#setClock()
    }
  }

  async #setClock(): Promise<void> {
    await Promise.all(subjects.map((subject) => subject.setClock(this.#now)))
  }

  async #ask({ by: index, command: asked }: Step & { kind: 'ask' }): Promise<void> {
    const known = this.#known[index] as ForceList
    const question = { ...asked, process: `p${index}`, deadline: 1e6, known }
    const answers = await Promise.all(
      this.#connections.map(async (connection) => connection.forces?.(question)),
    )
    const [answer, other] = answers.map(rounded) as [ForceAnswer, ForceAnswer]
    deepEqual(answer, other)
    this.#check(answer, asked)
    for (const what of seenIn(answer)) visited.add(what)
    this.#known[index] = answer
  }

  #check({ version: newest, forces, lifted }: ForceAnswer, asked: ForceCommand): void {
    const names = [...forces, ...lifted].map((entry) => entry.circuit)
    ok(new Set(names).size === names.length, 'a circuit is in the list twice')
    ok(
      [...forces, ...lifted].every((entry) => entry.version <= newest),
      'a version is too great',
    )
    if (asked.op === 'read') return
    const stands = forces.find((entry) => entry.circuit === asked.circuit)
    ok((stands !== undefined) === (asked.op === 'force'), 'the last word does not count')
    ok(asked.op !== 'force' || stands?.state === asked.force.state, 'another word counts')
  }

  /** Redis's messages come a little later than those of memory, and no others come. */
  async #receiveAll(): Promise<void> {
    await until('both have published as much', () => {
      const [redis = [], memory = []] = this.#announced
      return redis.length === memory.length
    })
    deepEqual(this.#announced[0], this.#announced[1])
  }
}

/** What the generator must reach to prove something about it. */
const visited = new Set<string>()

function seenIn({ forces, lifted, floor }: ForceAnswer): string[] {
  return [
    ...(forces.length > 1 ? ['two forces'] : []),
    ...(lifted.length > 1 ? ['two lifted'] : []),
    ...(floor > 0 ? ['a floor'] : []),
    ...(forces.some(({ endsIn }) => endsIn !== undefined) ? ['an end'] : []),
  ]
}

/** Microseconds of one storage are doubles of the other. A member that is undefined may be left out. */
function rounded(answer: ForceAnswer | undefined): unknown {
  const text = JSON.stringify(answer, (_key, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e3) / 1e3 : value,
  )
  return JSON.parse(text)
}

it(
  'the script and the rules give the same answers about forced circuits, and publish the same',
  async () => {
    const sequences = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' })
    await fc.assert(
      fc.asyncProperty(sequences, async (sequence) => (await Twins.create()).run(sequence)),
      { numRuns: RUNS },
    )
    expect([...visited]).toEqual(
      expect.arrayContaining(['two forces', 'two lifted', 'a floor', 'an end']),
    )
  },
  RUNS * 1000,
)
