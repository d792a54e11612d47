/**
 * What any storage must do: a suite to run on one's own. Give it a subject, under a clock that it may
 * set, and it asks everything that `Storage` promises.
 */
import type {
  Answer,
  Command,
  Connection,
  Question,
  Snapshot,
  Terms,
} from '../../lib/fleet/index.js'
import { MOST_STREAKS } from '../../lib/storage/limits.js'
import { INITIAL_SNAPSHOT } from '../../lib/storage/initial-snapshot.js'
import { until } from '../support/until.js'
import type { Subject } from './subjects.js'

/** Far enough from 0 for a clock that is set back. */
const START = 10_000
const TERMS: Terms = { opening: { threshold: 3 }, ttl: 10, permits: 1, lease: 60, quorum: 1 }
const NAMES = [
  'a',
  'A',
  'a/b',
  'a|b',
  'a b',
  '{a}',
  'ä',
  '🐸',
  '"',
  '\n',
  '__proto__',
  'x'.repeat(999),
]

interface Pushed extends Snapshot {
  readonly circuit: string
}

interface Party extends Partial<Terms> {
  readonly reporter?: string
}

/** A process, with what it knows of one circuit. */
class Process {
  known = INITIAL_SNAPSHOT
  readonly pushed: Pushed[] = []
  readonly hinted: string[] = []
  readonly #connection: Connection
  readonly #name: string
  readonly #terms: Terms
  readonly #reporter: string
  #circuit = ''
  #streak = 0

  constructor(subject: Subject, name: string, { reporter = name, ...terms }: Party = {}) {
    this.#name = name
    this.#reporter = reporter
    this.#terms = { ...TERMS, ...terms }
    this.#connection = subject.create().connect({
      pushed: (circuit, snapshot) => void this.pushed.push({ circuit, ...snapshot }),
      hinted: (circuit) => void this.hinted.push(circuit),
      resumed: () => undefined,
      lost: () => undefined,
    })
  }

  async connected(circuit: string): Promise<this> {
    this.#circuit = circuit
    await this.#connection.ready
    return this
  }

  async ask(command: Command, circuit = this.#circuit): Promise<Answer> {
    const common = {
      circuit,
      process: this.#name,
      reporter: this.#reporter,
      deadline: 60,
      known: this.known,
      terms: this.#terms,
    }
    const question: Question = { ...common, ...command }
    const answer = await this.#connection.ask(question)
    if (circuit === this.#circuit && answer.version > this.known.version) this.known = answer
    if (answer.state !== 'closed') this.#streak = 0
    return answer
  }

  /** Fails so many times, and then tells. */
  fail(count = 1, age = 0): Promise<Answer> {
    this.#streak += count
    return this.ask({ op: 'report', evidence: { failures: this.#streak, age } })
  }

  succeed(): Promise<Answer> {
    this.#streak = 0
    return this.ask({ op: 'report', evidence: { failures: 0, age: 0 } })
  }

  async open(): Promise<void> {
    while (this.known.state !== 'opened') await this.fail()
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

export function describeContract(name: string, start: () => Promise<Subject>): void {
  let subject: Subject
  let serial = 0
  let processes: Process[] = []
  beforeAll(async () => {
    subject = await start()
  })
  afterAll(() => subject.stop())
  beforeEach(() => subject.setClock(START))
  afterEach(async () => {
    for (const process of processes) await process.close()
    processes = []
  })

  /** Processes that share a circuit of their own. */
  async function join(...terms: Party[]): Promise<[Process, Process]> {
    serial += 1
    const [first = {}, second = first] = terms
    processes = [new Process(subject, 'one', first), new Process(subject, 'two', second)]
    const [one, two] = processes as [Process, Process]
    await Promise.all([one.connected(`contract ${serial}`), two.connected(`contract ${serial}`)])
    return [one, two]
  }

  /** Further processes of the same circuit. */
  async function joinMore(count: number, terms: Party): Promise<Process[]> {
    const more = Array.from(
      { length: count },
      (_, index) => new Process(subject, `more-${index}`, terms),
    )
    processes.push(...more)
    return Promise.all(more.map((process) => process.connected(`contract ${serial}`)))
  }

  describe(`${name}: a closed circuit`, () => {
    it('is what nobody has told of, and stays so by being read', async () => {
      const [one] = await join()
      expect(await one.ask({ op: 'read' })).toMatchObject(INITIAL_SNAPSHOT)
      expect(await one.ask({ op: 'read' })).toMatchObject(INITIAL_SNAPSHOT)
    })

    it('counts the failures of all, and opens at the threshold', async () => {
      const [one, two] = await join()
      expect(await one.fail()).toMatchObject({ state: 'closed', failureCount: 1, epoch: 0 })
      expect(await two.fail()).toMatchObject({ state: 'closed', failureCount: 2, epoch: 0 })
      const opened = await one.fail()
      expect(opened).toMatchObject({ state: 'opened', failureCount: 3, openedFor: 0 })
      expect(opened.epoch).toBe(opened.version)
    })

    it('takes several failures in one report', async () => {
      const [one] = await join()
      expect(await one.fail(3)).toMatchObject({ state: 'opened', failureCount: 3 })
    })

    it('keeps one streak for each process, and replaces it', async () => {
      const [one, two] = await join({ opening: { threshold: 9 } })
      await one.fail(2)
      await two.fail(3)
      expect(await one.fail()).toMatchObject({ state: 'closed', failureCount: 6 })
    })

    it("takes a process's streak back after its success, and nobody else's", async () => {
      const [one, two] = await join({ opening: { threshold: 4 } })
      await one.fail(2)
      await two.fail()
      expect(await one.succeed()).toMatchObject({ state: 'closed', failureCount: 1, granted: true })
      expect(await two.fail()).toMatchObject({ state: 'closed', failureCount: 2 })
    })

    it.each([
      ['the ttl', { ttl: 10 }, 10],
      ['a minute, if the ttl is longer', { ttl: 600 }, 60],
    ])('lets a streak stand for %s', async (_what, terms, life) => {
      const [one, two] = await join(terms)
      await one.fail(2)
      await subject.setClock(START + life - 1)
      expect(await two.ask({ op: 'read' })).toMatchObject({ failureCount: 2 })
      await subject.setClock(START + life + 1)
      expect(await two.fail()).toMatchObject({ state: 'closed', failureCount: 1 })
    })

    it('counts the age that a report says', async () => {
      const [one, two] = await join()
      await one.fail(2, 8)
      expect(await two.fail(1, 11)).toMatchObject({ state: 'closed', failureCount: 2 })
      await subject.setClock(START + 3)
      expect(await two.ask({ op: 'read' })).toMatchObject({ failureCount: 0 })
    })

    it('lets a streak stand no longer if the clock is set back', async () => {
      const [one, two] = await join()
      await one.fail()
      await subject.setClock(START - 3600)
      await two.fail()
      await subject.setClock(START - 3600 + 11)
      expect(await two.ask({ op: 'read' })).toMatchObject({ failureCount: 0 })
    })

    it('opens if it would without its worst reporters, one fewer than the quorum', async () => {
      const [one, two] = await join({ quorum: 2 })
      for (let count = 1; count <= 5; count += 1) {
        expect(await one.fail()).toMatchObject({ state: 'closed', failureCount: count })
      }
      expect(await two.fail(2)).toMatchObject({ state: 'closed', failureCount: 7 })
      expect(await two.fail()).toMatchObject({ state: 'opened', failureCount: 8 })
    })

    it('leaves out a reporter with all of its processes', async () => {
      const [one, two] = await join(
        { quorum: 2, reporter: 'host' },
        { quorum: 2, reporter: 'host' },
      )
      await one.fail(9)
      expect(await two.fail(9)).toMatchObject({ state: 'closed' })
      const [other] = await joinMore(1, { quorum: 2 })
      expect(await other?.fail(3)).toMatchObject({ state: 'opened' })
    })

    it('stays bounded however many processes report', async () => {
      const terms = { opening: { threshold: 1e6 }, quorum: 2 }
      const [one] = await join(terms)
      const many = await joinMore(MOST_STREAKS + 20, terms)
      await Promise.all(many.map((process) => process.fail()))
      expect(await one.ask({ op: 'read' })).toMatchObject({ failureCount: MOST_STREAKS })
    })

    it('grants whoever asks', async () => {
      const [one] = await join()
      const answer = await one.ask({ op: 'acquire', token: 't' })
      expect(answer).toMatchObject({ state: 'closed', granted: true, heldFor: 0 })
    })
  })

  describe(`${name}: an opened circuit`, () => {
    it('is opened for as long as the clock says, and grants nothing before its ttl', async () => {
      const [one] = await join()
      await one.open()
      await subject.setClock(START + 9)
      const answer = await one.ask({ op: 'acquire', token: 't' })
      expect(answer).toMatchObject({ state: 'opened', granted: false, openedFor: 9 })
    })

    it('takes no report any more', async () => {
      const [one, two] = await join()
      await one.open()
      const { version } = one.known
      expect(await two.fail()).toMatchObject({ state: 'opened', version, granted: false })
    })

    it.each([
      ['as the asking process configures it', 5, true],
      ['not as another has configured it', 30, false],
    ])('lasts %s', async (_what, ttl, granted) => {
      const [one, two] = await join({}, { ttl })
      await one.open()
      await subject.setClock(START + 12)
      expect(await two.ask({ op: 'acquire', token: 't' })).toMatchObject({ granted })
    })

    it('lasts no longer where the clock is set back, by what a process has measured', async () => {
      const [one] = await join()
      await one.open()
      await subject.setClock(START - 3600)
      one.known = { ...one.known, openedFor: 10 }
      expect(await one.ask({ op: 'acquire', token: 't' })).toMatchObject({ granted: true })
    })

    it('lasts one more ttl at the most where the clock is set back, for a process that knows nothing', async () => {
      const [one, two] = await join()
      await one.open()
      await subject.setClock(START - 3600)
      expect(await two.ask({ op: 'acquire', token: 't' })).toMatchObject({ granted: false })
      await subject.setClock(START - 3600 + 11)
      expect(await two.ask({ op: 'acquire', token: 't' })).toMatchObject({ granted: true })
    })
  })

  describe(`${name}: a half-opened circuit`, () => {
    async function joinDue(terms: Partial<Terms> = {}): Promise<[Process, Process]> {
      const [one, two] = await join(terms)
      await one.open()
      await subject.setClock(START + 11)
      return [one, two]
    }

    it.each([1, 3])('grants %i at once, and no more, whoever asks first', async (permits) => {
      const [one, two] = await joinDue({ permits })
      const asked = Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? one : two).ask({ op: 'acquire', token: `t${index}` }),
      )
      const answers = await Promise.all(asked)
      expect(answers.filter(({ granted }) => granted)).toHaveLength(permits)
      expect(await one.ask({ op: 'read' })).toMatchObject({ state: 'half-opened', heldFor: 60 })
    })

    it.each([
      ['success', 'closed', 0],
      ['failure', 'opened', 3],
      ['ignored', 'half-opened', 3],
    ] as const)('after a probe with %s is %s', async (outcome, state, failureCount) => {
      const [one, two] = await joinDue()
      await one.ask({ op: 'acquire', token: 't' })
      const answer = await one.ask({ op: 'settle', token: 't', outcome })
      expect(answer).toMatchObject({ state, failureCount, granted: true, heldFor: 0 })
      const next = await two.ask({ op: 'acquire', token: 'u' })
      expect(next.granted).toBe(outcome !== 'failure')
    })

    it('hears a result from whoever holds the permit, and once only', async () => {
      const [one, two] = await joinDue()
      await one.ask({ op: 'acquire', token: 't' })
      const settle = { op: 'settle', outcome: 'success' } as const
      expect(await two.ask({ ...settle, token: 'u' })).toMatchObject({
        state: 'half-opened',
        granted: false,
      })
      expect(await one.ask({ ...settle, token: 't' })).toMatchObject({
        state: 'closed',
        granted: true,
      })
      const { version } = one.known
      expect(await one.ask({ ...settle, token: 't', outcome: 'failure' })).toMatchObject({
        version,
        granted: false,
      })
    })

    it('hands a permit on when its lease has ended, and ignores who held it', async () => {
      const [one, two] = await joinDue()
      await one.ask({ op: 'acquire', token: 't' })
      await subject.setClock(START + 11 + 60)
      expect(await two.ask({ op: 'acquire', token: 'u' })).toMatchObject({
        granted: false,
        heldFor: 0,
      })
      await subject.setClock(START + 11 + 61)
      expect(await two.ask({ op: 'acquire', token: 'u' })).toMatchObject({ granted: true })
      const late = await one.ask({ op: 'settle', token: 't', outcome: 'success' })
      expect(late).toMatchObject({ state: 'half-opened', granted: false })
      expect(await one.ask({ op: 'renew', token: 't', lease: 60 })).toMatchObject({
        granted: false,
      })
    })

    it('lets a permit be renewed', async () => {
      const [one, two] = await joinDue()
      await one.ask({ op: 'acquire', token: 't' })
      await subject.setClock(START + 11 + 50)
      expect(await one.ask({ op: 'renew', token: 't', lease: 60 })).toMatchObject({
        granted: true,
        heldFor: 60,
      })
      await subject.setClock(START + 11 + 100)
      expect(await two.ask({ op: 'acquire', token: 'u' })).toMatchObject({
        granted: false,
        heldFor: 10,
      })
    })

    it('holds a permit for one more lease at the most where the clock is set back', async () => {
      const [one, two] = await joinDue()
      await one.ask({ op: 'acquire', token: 't' })
      await subject.setClock(START - 3600)
      expect(await two.ask({ op: 'acquire', token: 'u' })).toMatchObject({
        granted: false,
        heldFor: 60,
      })
      await subject.setClock(START - 3600 + 61)
      expect(await two.ask({ op: 'acquire', token: 'u' })).toMatchObject({ granted: true })
    })

    it('closed again, takes no report of the time before', async () => {
      const [one, two] = await joinDue()
      two.known = { ...one.known, epoch: 0 }
      await one.ask({ op: 'acquire', token: 't' })
      await one.ask({ op: 'settle', token: 't', outcome: 'success' })
      expect(await two.fail()).toMatchObject({ state: 'closed', failureCount: 0, granted: false })
      expect(await two.fail()).toMatchObject({ failureCount: 2, granted: true })
    })
  })

  describe(`${name}: a version`, () => {
    it('grows with each change, and an epoch with each transition', async () => {
      const [one] = await join()
      const versions: number[] = []
      const epochs: number[] = []
      for (let round = 0; round < 3; round += 1) {
        while (one.known.state === 'closed') versions.push((await one.fail()).version)
        epochs.push(one.known.epoch)
        await subject.setClock(START + 11 * (round + 1))
        epochs.push((await one.ask({ op: 'acquire', token: 't' })).epoch)
        epochs.push((await one.ask({ op: 'settle', token: 't', outcome: 'success' })).epoch)
        versions.push(one.known.version)
      }
      for (const list of [versions, epochs]) {
        expect(list).toEqual([...new Set(list)].toSorted((a, b) => a - b))
      }
    })

    it('grows beyond what the process knows, whatever became of the storage', async () => {
      const [one] = await join()
      await one.fail()
      const { version } = one.known
      await subject.forget()
      await subject.setClock(10)
      expect((await one.fail()).version).toBeGreaterThan(version)
    })
  })

  describe(`${name}: a version from the far future`, () => {
    it.each([1e15, Number.MAX_SAFE_INTEGER])('such as %i is not believed', async (version) => {
      const [one, two] = await join()
      one.known = { ...INITIAL_SNAPSHOT, version, epoch: version }
      const { epoch, version: told } = await one.fail()
      expect(Math.max(epoch, told)).toBeLessThan(1e15)
      expect(await two.fail(2)).toMatchObject({ state: 'opened' })
    })
  })

  describe(`${name}: a storage that has lost everything`, () => {
    it('is told of an outage by whoever knows of it, and of how long it has lasted', async () => {
      const [one, two] = await join()
      await one.open()
      await subject.forget()
      one.known = { ...one.known, openedFor: 4 }
      const { epoch } = one.known
      expect(await one.ask({ op: 'read' })).toMatchObject({ state: 'opened', epoch, openedFor: 4 })
      expect(await two.ask({ op: 'read' })).toMatchObject({ state: 'opened', epoch, openedFor: 4 })
    })

    it('grants one probe in all, though it has forgotten that the circuit is due', async () => {
      const [one, two] = await join()
      await one.open()
      two.known = one.known = { ...one.known, openedFor: 10 }
      await subject.forget()
      const answers = await Promise.all([
        one.ask({ op: 'acquire', token: 't' }),
        two.ask({ op: 'acquire', token: 'u' }),
      ])
      expect(answers.map(({ granted }) => granted)).toEqual([true, false])
    })

    it.each(['renew', 'settle'] as const)('knows a probe again by its %s', async (op) => {
      const [one, two] = await join()
      await one.open()
      await subject.setClock(START + 11)
      await one.ask({ op: 'acquire', token: 't' })
      await subject.forget()
      const command = { op, token: 't', lease: 60, outcome: 'success' } as Command
      expect(await one.ask(command)).toMatchObject({ granted: true })
      expect(await two.ask({ op: 'acquire', token: 'u' })).toMatchObject({
        granted: op === 'settle',
      })
    })

    it('is told by nobody who knows no outage', async () => {
      const [one, two] = await join()
      await one.fail()
      await subject.forget()
      expect(await two.ask({ op: 'read' })).toMatchObject(INITIAL_SNAPSHOT)
      expect(await one.fail()).toMatchObject({ failureCount: 2, granted: true })
    })

    it('is told of no outage that somebody slept through', async () => {
      const [one, two] = await join()
      await one.open()
      await subject.forget()
      one.known = { ...one.known, openedFor: 10 + 60 + 1 }
      expect(await one.ask({ op: 'acquire', token: 't' })).toMatchObject({ state: 'closed' })
      expect(await two.ask({ op: 'read' })).toMatchObject({ state: 'closed' })
    })
  })

  describe(`${name}: a storage that has forgotten a closed circuit`, () => {
    /** Both know the epoch of an outage that is over; `two` may know less. */
    async function joinAfterOutage(
      epochOfTwo: (epoch: number) => number,
    ): Promise<[Process, Process]> {
      await subject.setClock(START)
      const [one, two] = await join()
      await one.open()
      await subject.setClock(START + 11)
      await one.ask({ op: 'acquire', token: 't' })
      await one.ask({ op: 'settle', token: 't', outcome: 'success' })
      two.known = { ...one.known, epoch: epochOfTwo(one.known.epoch) }
      await subject.forget()
      return [one, two]
    }

    it.each([
      ['the same epoch', (epoch: number) => epoch],
      ['no epoch', () => 0],
      ['an older one', (epoch: number) => epoch - 1],
      ['a newer one', (epoch: number) => epoch + 1],
    ])('counts the failures of all, of whom one knows %s', async (_what, epochOfTwo) => {
      for (const isFirst of [true, false]) {
        const [one, two] = await joinAfterOutage(epochOfTwo)
        const [first, second] = isFirst ? [one, two] : [two, one]
        await first.fail()
        const answer = await second.fail()
        // Whoever knew an older epoch is told the newer one, and reports again.
        if (!answer.granted) await second.fail(0)
        expect(await second.ask({ op: 'read' })).toMatchObject({ state: 'closed', failureCount: 2 })
        if (!(await first.fail()).granted) await first.fail(0)
        expect(first.known).toMatchObject({ state: 'opened', failureCount: 3 })
      }
    })

    it('does not close what was opened since, if its clock was set back meanwhile', async () => {
      const [one, two] = await joinAfterOutage(() => 0)
      await subject.setClock(START - 3600)
      await two.open()
      expect(await one.ask({ op: 'read' })).toMatchObject({ state: 'opened' })
    })
  })

  describe(`${name}: messages`, () => {
    it('tell the other processes of each transition and each permit', async () => {
      const [one, two] = await join()
      await one.open()
      await told(two, 'opened')
      await subject.setClock(START + 11)
      await one.ask({ op: 'acquire', token: 't' })
      await told(two, 'half-opened')
      await one.ask({ op: 'settle', token: 't', outcome: 'success' })
      await told(two, 'closed')
    })

    async function told(process: Process, state: string): Promise<void> {
      const isTold = async (): Promise<boolean> => {
        if (process.hinted.length > 0) await process.ask({ op: 'read' })
        const last = process.pushed.at(-1)
        return process.known.state === state || last?.state === state
      }
      await until(`the other process is told "${state}"`, isTold)
    }
  })

  describe(`${name}: circuits`, () => {
    it('with any name are apart', async () => {
      const [one, two] = await join()
      for (const [index, circuit] of NAMES.entries()) {
        await one.ask(
          { op: 'report', evidence: { failures: index + 1, age: 0 } },
          `${serial}${circuit}`,
        )
      }
      const answers = await Promise.all(
        NAMES.map((circuit) => two.ask({ op: 'read' }, `${serial}${circuit}`)),
      )
      const expected = NAMES.map((_, index) => Math.min(index + 1, NAMES.length))
      expect(answers.map(({ failureCount }) => failureCount)).toEqual(expected)
    })

    it('are gone with the connection, which can be closed twice', async () => {
      const [one] = await join()
      await one.close()
      await one.close()
      await expect(one.ask({ op: 'read' })).rejects.toThrow(Error)
    })
  })
}
