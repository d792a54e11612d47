/**
 * Probes for which the storage has lent no permit, or none any more. Those that are in flight while the fleet's circuit
 * is not closed count among its permits all the same.
 */
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import type { Machine, Permit, Rules } from '../../../lib/circuit/types.js'
import type { Answer, Question, SharingOptions } from '../../../lib/fleet/index.js'
import { PATIENT, SUBJECTS, type Subject } from '../../storage/subjects.js'
import { until } from '../../support/until.js'
import { Wrapped } from './wrapped.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 60 }
/** Longer than anything here takes: its timers do not follow the clock of the spec. */
const LEASE = 30
const OPTIONS = { ...PATIENT, lease: LEASE }
/** Seconds for which a process waits for its permit, if the answer is held back. */
const DEADLINE = 0.3

class Line extends Wrapped {
  readonly asked: Question['op'][] = []
  /** Lets the answer go that is held back. */
  release: () => void = () => undefined
  #held: Promise<void> | undefined

  /** Holds the next answer to a question for a permit back. */
  hold(): void {
    this.#held = new Promise((resolve) => {
      this.release = resolve
    })
  }

  cut(): void {
    this.isDown = true
    for (const listener of this.listeners) listener.lost('gone', true)
  }

  mend(): void {
    this.isDown = false
    for (const listener of this.listeners) listener.resumed()
  }

  protected async answer({ op }: Question, ask: () => Promise<Answer>): Promise<Answer> {
    this.asked.push(op)
    const answer = await ask()
    const held = op === 'acquire' ? this.#held : undefined
    if (held) this.#held = undefined
    await held
    return answer
  }
}

const ONLY_AFTERWARDS = { atOnce: false, later: false, afterwards: true }

type Member = readonly [machine: Machine, membership: Membership, line: Line]

describe.each(Object.entries(SUBJECTS))('%s: the fleet waits for', (name, start) => {
  let subject: Subject
  let now = 0
  let serial = 0
  const members: Member[] = []
  beforeAll(async () => {
    subject = await start()
  })
  beforeEach(async () => {
    serial += 1
    await setClock(1000)
  })
  afterEach(async () => {
    for (const [, membership] of members.splice(0)) await membership.close()
  })
  afterAll(() => subject.stop())

  async function setClock(seconds: number): Promise<void> {
    now = seconds
    await subject.setClock(now)
  }

  async function join(options: SharingOptions = {}, rules = RULES): Promise<Member> {
    const all = { ...OPTIONS, reporter: `p${members.length}`, ...options }
    const line = new Line(subject.create(all), all)
    const publisher = { publish: () => undefined, hasListeners: () => false }
    const membership = joinStorage(line, { publisher, now: () => now })
    const machine = membership.machineFor(`places ${name} ${serial}`, rules)
    const member = [machine, membership, line] as const
    members.push(member)
    await membership.init()
    return member
  }

  /** Two processes, the first with these options, and a circuit that is due. */
  async function joinDue(
    options: SharingOptions = {},
    rules = RULES,
  ): Promise<readonly [Member, Member]> {
    const [one, two] = [await join(options, rules), await join({}, rules)]
    await fail(one)
    await allKnow('opened')
    await setClock(1011)
    return [one, two]
  }

  async function fail([machine, membership]: Member): Promise<void> {
    machine.record(await permitOf(machine), 'failure')
    await membership.flush()
  }

  async function permitOf(machine: Machine): Promise<Permit> {
    const admission = await machine.admit()
    if (!admission.admitted) throw new Error(`refused: ${admission.state}`)
    return admission
  }

  const allKnow = (state: string): Promise<void> =>
    until(`all know: ${state}`, () => members.every(([machine]) => machine.decidedState === state))

  async function allFollow(): Promise<void> {
    await until('all follow', () => members.every(([, { isUp }]) => isUp))
    for (const [, membership] of members) await membership.flush()
  }

  /** Whether another process gets a permit: at once, when the next ttl is over, and when the probe has ended. */
  async function granted(probe: Permit, [one, membership]: Member, [two]: Member) {
    const atOnce = (await two.admit()).admitted
    await setClock(now + RULES.ttl + 1)
    const later = (await two.admit()).admitted
    one.record(probe, 'ignored')
    await membership.flush()
    await until('the next one is sent', async () => (await two.admit()).admitted)
    return { atOnce, later, afterwards: true }
  }

  it('a probe whose permit was granted too late for its request', async () => {
    const [one, two] = await joinDue({ permitDeadline: DEADLINE })
    one[2].hold()
    const probe = await permitOf(one[0])
    expect(one[1].isUp).toBe(false)
    expect(await two[0].admit()).toMatchObject({ admitted: false, state: 'half-opened' })
    one[2].release()
    await allFollow()
    expect(await granted(probe, one, two)).toEqual(ONLY_AFTERWARDS)
  })

  it('a probe whose permit was granted after another question had lost the storage', async () => {
    const [one, two] = await joinDue()
    one[2].hold()
    const asked = permitOf(one[0])
    one[2].cut()
    one[2].release()
    const probe = await asked
    expect(await two[0].admit()).toMatchObject({ admitted: false, state: 'half-opened' })
    one[2].mend()
    await allFollow()
    expect(await granted(probe, one, two)).toEqual(ONLY_AFTERWARDS)
  })

  it('a probe whose permit was granted over a connection that was replaced meanwhile', async () => {
    const [one, two] = await joinDue({ permitDeadline: DEADLINE })
    one[2].hold()
    const asked = permitOf(one[0])
    await until('the permit is granted', () => two[0].decidedState === 'half-opened')
    one[2].cut()
    one[2].mend()
    await allFollow()
    const probe = await asked
    one[0].record(probe, 'success')
    one[2].release()
    await one[1].flush()
    expect(one[0].decidedState).toBe('half-opened')
    await until('the next one is sent', async () => (await two[0].admit()).admitted)
  })

  it('a probe that was sent while the storage was away', async () => {
    const [one, two] = await joinDue()
    for (const [, , line] of [one, two]) line.cut()
    const probe = await permitOf(one[0])
    for (const [, , line] of [one, two]) line.mend()
    await allFollow()
    expect(await granted(probe, one, two)).toEqual(ONLY_AFTERWARDS)
  })

  it('a probe whose lease ended while the storage was away', async () => {
    const [one, two] = await joinDue()
    const probe = await permitOf(one[0])
    await allKnow('half-opened')
    for (const [, , line] of [one, two]) line.cut()
    await setClock(now + LEASE + 1)
    for (const [, , line] of [one, two]) line.mend()
    await allFollow()
    expect(await granted(probe, one, two)).toEqual(ONLY_AFTERWARDS)
  })

  it('a probe that was sent before the storage restarted without its data', async () => {
    const [one, two] = await joinDue()
    const probe = await permitOf(one[0])
    await allKnow('half-opened')
    for (const [, , line] of [one, two]) line.cut()
    await subject.forget()
    for (const [, , line] of [one, two]) line.mend()
    await allFollow()
    expect(await granted(probe, one, two)).toEqual(ONLY_AFTERWARDS)
  })

  it("a probe of a process whose own circuit had opened before the fleet's", async () => {
    const quorum = 2
    const [one, two, three] = [
      await join({ quorum }),
      await join({ quorum }),
      await join({ quorum }),
    ]
    await fail(one)
    expect([one, two].map(([machine]) => machine.decidedState)).toEqual(['opened', 'closed'])
    await setClock(1011)
    const probe = await permitOf(one[0])
    const before = one[2].asked.length
    await fail(two)
    await fail(three)
    await allKnow('opened')
    await one[1].flush()
    expect(one[2].asked.slice(before)).toEqual(['renew'])
    await setClock(now + 11)
    await two[1].flush()
    expect(await granted(probe, one, two)).toEqual(ONLY_AFTERWARDS)
  })

  it('no probe that was in flight when the circuit closed', async () => {
    const [one, two] = await joinDue({}, { ...RULES, permits: 2 })
    const hanging = await permitOf(one[0])
    const probe = await permitOf(two[0])
    two[0].record(probe, 'success')
    await allKnow('closed')
    await fail(two)
    await allKnow('opened')
    await setClock(now + 11)
    for (let left = 2; left > 0; left -= 1)
      expect(await permitOf(two[0])).toMatchObject({ probe: true })
    expect(await one[0].admit()).toMatchObject({ admitted: false })
    const before = one[2].asked.length
    one[0].record(hanging, 'success')
    await one[1].flush()
    expect(one[2].asked.slice(before)).toEqual([])
    expect(two[0].decidedState).toBe('half-opened')
  })
})
