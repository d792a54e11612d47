/** Commands that the storage carries out, and whose answers get lost; hints that come while it is read. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Machine, Permit, Rules } from '../../lib/circuit/types.js'
import type { Membership } from '../../lib/storage/membership.js'
import {
  Storage,
  type Connection,
  type ConnectionListener,
  type Question,
} from '../../lib/storage/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { until } from '../support/until.js'
import { PATIENT } from './subjects.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 1e6 }

let now = 0

class Lossy extends Storage {
  readonly asked: Question['op'][] = []
  readonly listeners: ConnectionListener[] = []
  /** Answers to this are lost. */
  loses: Question['op'] | undefined
  /** Answers wait for it. */
  gate: Promise<void> | undefined
  readonly #inner: MemoryStorage

  constructor(inner: MemoryStorage) {
    super(PATIENT)
    this.#inner = inner
  }

  connect(listener: ConnectionListener): Connection {
    const connection = this.#inner.connect(listener)
    this.listeners.push(listener)
    return {
      ready: connection.ready,
      get isUp() {
        return connection.isUp
      },
      ask: async (question) => {
        this.asked.push(question.op)
        const answer = await connection.ask(question)
        await this.gate
        if (question.op === this.loses) throw new Error('The connection was lost')
        return answer
      },
      close: () => connection.close(),
    }
  }
}

type Member = readonly [machine: Machine, membership: Membership]
let members: Member[] = []
afterEach(async () => {
  for (const [, membership] of members) await membership.close()
  members = []
})

async function join(storage: Storage): Promise<Member> {
  const publisher = { publish: () => undefined, hears: () => false }
  const membership = storage.join({ publisher, now: () => now })
  const machine = membership.machineFor({ name: 'users', moved: () => undefined }, RULES)
  members.push([machine, membership])
  await membership.init()
  return [machine, membership]
}

async function permitOf(machine: Machine): Promise<Permit> {
  const admission = await machine.admit()
  if (!admission.admitted) throw new Error(`refused: ${admission.state}`)
  return admission
}

/** One process that loses answers, one that does not, and a circuit that is due. */
async function startDue(): Promise<{ lossy: Lossy; one: Member; two: Member }> {
  now = 0
  const memory = new MemoryStorage({ now: () => now, ...PATIENT })
  const lossy = new Lossy(memory)
  const [one, two] = [await join(lossy), await join(memory)]
  one[0].record(await permitOf(one[0]), 'failure')
  await one[1].flush()
  await until('both know', () => two[0].state === 'opened')
  now = 11
  return { lossy, one, two }
}

it('gives a permit back that it may have been granted without being told', async () => {
  const { lossy, one, two } = await startDue()
  lossy.loses = 'acquire'
  one[0].record(await permitOf(one[0]), 'ignored')
  expect(one[1].isUp).toBe(false)
  lossy.loses = undefined
  await until('it is back, and the permit too', async () => {
    await one[1].flush()
    return (await two[0].admit()).admitted
  })
})

it('tells the end of a probe again that was not confirmed', async () => {
  const { lossy, one, two } = await startDue()
  lossy.loses = 'settle'
  const probe = await permitOf(one[0])
  const told = lossy.asked.filter((op) => op === 'settle').length
  one[0].record(probe, 'success')
  await one[1].flush()
  expect(one[1].isUp).toBe(false)
  lossy.loses = undefined
  await until(
    'it is told again',
    () => lossy.asked.filter((op) => op === 'settle').length > told + 1,
  )
  await until('all agree', () => one[0].state === 'closed' && two[0].state === 'closed')
})

it('reads once more where a hint comes while it reads', async () => {
  const { lossy } = await startDue()
  const before = lossy.asked.length
  let open = (): void => undefined
  lossy.gate = new Promise((resolve) => {
    open = resolve
  })
  const [listener] = lossy.listeners
  for (const _ of [1, 2, 3]) listener?.hinted('users')
  await turn()
  open()
  lossy.gate = undefined
  await until('it has read twice', () => lossy.asked.length === before + 2)
  await turn()
  expect(lossy.asked.slice(before)).toEqual(['read', 'read'])
})
