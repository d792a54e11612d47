/** A storage that loses its data while a probe is in flight. */
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import type { CircuitState, Machine, Outcome, Permit, Rules } from '../../../lib/circuit/types.js'
import { PATIENT, SUBJECTS, type Subject } from '../../storage/subjects.js'
import { until } from '../../support/until.js'
import { Recording } from './recording.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 2, probeTimeout: 60 }

type Joined = readonly [Machine, Membership, Recording]

describe.each(Object.entries(SUBJECTS))('%s, if it forgets a circuit', (name, start) => {
  let subject: Subject
  let now = 0
  let serial = 0
  const moves: string[] = []
  const memberships: Membership[] = []
  beforeAll(async () => {
    subject = await start()
  })
  afterEach(async () => {
    for (const membership of memberships.splice(0)) await membership.close()
    moves.length = 0
  })
  afterAll(() => subject.stop())

  async function setClock(seconds: number): Promise<void> {
    now = seconds
    await subject.setClock(now)
  }

  async function joinDue(): Promise<readonly [Joined, Joined]> {
    serial += 1
    await setClock(1000)
    const [one, two] = [await join(), await join()]
    one[0].record((await one[0].admit()) as Permit, 'failure')
    await one[1].flush()
    await until('both know', () => two[0].state === 'opened')
    await setClock(1011)
    return [one, two]
  }

  async function join(): Promise<Joined> {
    const storage = new Recording(subject.create(PATIENT), PATIENT, () => now)
    const publisher = { publish: () => undefined, hasListeners: () => false }
    const options = { publisher, now: () => now }
    const membership = joinStorage(storage, options)
    memberships.push(membership)
    const machine = membership.machineFor(`forgotten ${name} ${serial}`, RULES)
    machine.onMove?.((origin) => void moves.push(`${machine.decidedState} by ${origin}`))
    await membership.init()
    return [machine, membership, storage]
  }

  it.each<[Outcome, CircuitState, number]>([
    ['success', 'closed', 0],
    ['failure', 'opened', 2],
    ['ignored', 'half-opened', 1],
  ])('counts the %s of the probe in flight', async (outcome, state, round) => {
    const [[one, membership, storage], [two]] = await joinDue()
    const probe = (await one.admit()) as Permit
    await until('both know', () => two.decidedState === 'half-opened')

    await subject.forget()
    moves.length = 0
    one.record(probe, outcome)
    await membership.flush()
    await until('the end is reported', () => storage.entries.at(-1)?.question.op === 'settle')
    expect(storage.entries.at(-1)?.answer).toMatchObject({ state, granted: true })
    await until('both agree', () => [one, two].every(({ decidedState }) => decidedState === state))
    expect(one.opening?.round ?? 0).toBe(round)
    expect(two.opening?.round ?? 0).toBe(round)
  })

  it('has the last word about a probe whose permit is lost for good', async () => {
    const [[one, membership, storage], [two]] = await joinDue()
    const [first, second] = [(await one.admit()) as Permit, (await one.admit()) as Permit]
    await until('both know', () => two.decidedState === 'half-opened')

    await subject.forget()
    one.record(first, 'ignored')
    await membership.flush()
    expect(storage.entries.at(-1)?.answer).toMatchObject({ state: 'half-opened', granted: true })
    one.record(second, 'success')
    expect(one.decidedState).toBe('closed')
    await membership.flush()
    expect(storage.entries.at(-1)?.answer).toMatchObject({ state: 'half-opened', granted: false })
    expect([one.decidedState, two.decidedState]).toEqual(['half-opened', 'half-opened'])
    expect(await two.admit()).toMatchObject({ admitted: true, probe: true })
  })
})
