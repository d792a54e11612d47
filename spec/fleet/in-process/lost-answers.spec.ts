/** Commands that the storage carries out but whose answers are lost, and hints that come during a read. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Publish } from '../../../lib/circuit/events.js'
import type { Machine, Permit, Rules } from '../../../lib/circuit/types.js'
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import type { Answer, Question, SharedStorage } from '../../../lib/fleet/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { until } from '../../support/until.js'
import { PATIENT } from '../../storage/subjects.js'
import { Wrapped } from './wrapped.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 1e6 }

let now = 0

class Lossy extends Wrapped {
  readonly asked: Question['op'][] = []
  /** Answers to this operation are lost. */
  loses: Question['op'] | undefined
  /** Answers wait for this promise. */
  gate: Promise<void> | undefined

  constructor(inner: MemoryStorage, options = PATIENT) {
    super(inner, options)
  }

  protected async answer({ op }: Question, ask: () => Promise<Answer>): Promise<Answer> {
    this.asked.push(op)
    const answer = await ask()
    await this.gate
    if (op === this.loses) throw new Error('The connection was lost')
    return answer
  }
}

type Member = readonly [machine: Machine, membership: Membership]
let members: Member[] = []
afterEach(async () => {
  for (const [, membership] of members) await membership.close()
  members = []
})

async function join(storage: SharedStorage, publish: Publish = () => undefined): Promise<Member> {
  const publisher = { publish, hasListeners: () => false }
  const membership = joinStorage(storage, { publisher, now: () => now })
  const machine = membership.machineFor('users', RULES)
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

it('gives back a permit whose grant may have been lost', async () => {
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

it('sends the end of a probe again if it was not confirmed', async () => {
  const { lossy, one, two } = await startDue()
  lossy.loses = 'settle'
  const probe = await permitOf(one[0])
  const received = lossy.asked.filter((op) => op === 'settle').length
  one[0].record(probe, 'success')
  await one[1].flush()
  expect(one[1].isUp).toBe(false)
  lossy.loses = undefined
  await until(
    'the end is sent again',
    () => lossy.asked.filter((op) => op === 'settle').length > received + 1,
  )
  await until('all agree', () => one[0].state === 'closed' && two[0].state === 'closed')
})

it('reads once more if a hint comes during a read', async () => {
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

it('is looked for again if it is lost in the moment in which it is found', async () => {
  const lossy = new Lossy(new MemoryStorage())
  const received: string[] = []
  const lose = (reason: string): void => {
    lossy.isDown = true
    for (const listener of lossy.listeners) listener.lost(reason)
  }
  const [, membership] = await join(lossy, (name) => {
    received.push(name)
    const isFirst = received.filter((other) => other === 'storageRestored').length === 1
    if (name === 'storageRestored' && isFirst) lose('again')
  })
  lose('once')
  await until('the loss is published', () => received.includes('storageLost'))
  lossy.isDown = false
  await until('it is found, and lost at once', () => received.includes('storageRestored'))
  const losses = (): number => received.filter((name) => name === 'storageLost').length
  await until('the second loss is published', () => losses() === 2)
  lossy.isDown = false
  await until('it is found for good', () => membership.isUp)
  const lossAndFind = ['storageLost', 'storageRestored']
  expect(received.filter((name) => name !== 'storageAnswered')).toEqual([
    ...lossAndFind,
    ...lossAndFind,
  ])
})

it('is not used if it is found after close()', async () => {
  const lossy = new Lossy(new MemoryStorage(), { initDeadline: 0.02 })
  const publisher = { publish: () => undefined, hasListeners: () => false }
  const membership = joinStorage(lossy, { publisher, now: () => now })
  let connect = (): void => undefined
  lossy.isDown = true
  lossy.ready = new Promise((resolve) => {
    connect = resolve
  })
  await expect(membership.init()).rejects.toThrow('it did not answer in time')
  await membership.close()
  connect()
  await turn()
  expect(membership.isUp).toBe(false)
})
