/** Leases in one process, under simulated timers and clocks: who renews them, and until when. */
import type { Machine, Permit, Rules } from '../../../lib/circuit/types.js'
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { Recording } from './recording.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 20 }
const LEASE = 6
const OPTIONS = { lease: LEASE, refresh: 1e6, permitDeadline: 30, commandDeadline: 30 }
/** Lets everything settle that takes a storage in memory no time, before the clock moves. */
const TURNS = 50

let now: number
let storage: Recording
let members: readonly (readonly [Machine, Membership])[]

/** Advances the clocks of the processes, the storage and the timers together, in small steps. */
async function pass(seconds: number): Promise<void> {
  for (const end = now + seconds; now < end;) {
    const part = Math.min(0.5, end - now)
    now += part
    jest.advanceTimersByTime(part * 1000)
    await settle()
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve()
}

async function join(): Promise<readonly [Machine, Membership]> {
  const publisher = { publish: () => undefined, hasListeners: () => false }
  const membership = joinStorage(storage, { publisher, now: () => now })
  const machine = membership.machineFor('users', RULES)
  await membership.init()
  return [machine, membership]
}

const asked = (op: string) => storage.entries.filter(({ question }) => question.op === op)

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'queueMicrotask'] })
  now = 1000
  storage = new Recording(new MemoryStorage({ now: () => now, ...OPTIONS }), OPTIONS, () => now)
  members = [await join(), await join()]
  const [[machine]] = members as [readonly [Machine, Membership]]
  machine.record((await machine.admit()) as Permit, 'failure')
  await settle()
  await pass(RULES.ttl + 0.5)
})
afterEach(async () => {
  for (const [, membership] of members) await membership.close()
  jest.useRealTimers()
})

/** Two processes: the first one probes, and the second one wants to. */
async function probe(): Promise<{ one: Machine; other: Machine; permit: Permit }> {
  const [[one], [other]] = members as [
    readonly [Machine, Membership],
    readonly [Machine, Membership],
  ]
  const permit = await one.admit()
  if (!permit.admitted) throw new Error(`refused: ${permit.state}`)
  await settle()
  return { one, other, permit }
}

it('a probe that outlasts its lease keeps its permit, and its end counts for all processes', async () => {
  const { one, other, permit } = await probe()
  await pass(2 * LEASE + 1)
  expect(asked('renew').length).toBeGreaterThanOrEqual(6)
  expect(asked('renew').every(({ answer }) => answer.granted)).toBe(true)
  expect(await other.admit()).toMatchObject({ admitted: false, state: 'half-opened' })
  expect(one.record(permit, 'success')).toBe(true)
  await settle()
  expect([one.state, other.state]).toEqual(['closed', 'closed'])
  expect(asked('settle').map(({ answer }) => answer.granted)).toEqual([true])
  await pass(2 * LEASE)
  const renewals = asked('renew').length
  await pass(LEASE)
  expect(asked('renew')).toHaveLength(renewals)
})

it('a probe that exceeds probeTimeout loses its permit, and its end does not count', async () => {
  const { one, other, permit } = await probe()
  await pass(RULES.probeTimeout + 1)
  const last = await other.admit()
  expect(last).toMatchObject({ admitted: true, probe: true })
  expect(one.record(permit, 'success')).toBe(false)
  await settle()
  expect(one.state).toBe('half-opened')
  expect(other.record(last as Permit, 'failure')).toBe(true)
  await settle()
  expect([one.state, other.state]).toEqual(['opened', 'opened'])
  expect(asked('settle').map(({ answer }) => answer.granted)).toEqual([false, true])
})

it('a permit that is given back is free at once', async () => {
  const { one, other, permit } = await probe()
  expect(await other.admit()).toMatchObject({ admitted: false })
  expect(one.record(permit, 'ignored')).toBe(true)
  await settle()
  expect(await other.admit()).toMatchObject({ admitted: true, probe: true })
})

it('a process does not trust its lease after a gap', async () => {
  const { one, permit } = await probe()
  jest.setSystemTime(Date.now() + 5000)
  expect(one.record(permit, 'success')).toBe(false)
  await settle()
  expect(asked('settle')).toMatchObject([{ question: { outcome: 'ignored' } }])
  expect(one.state).toBe('half-opened')
})

it('an end that was not confirmed is sent again once the storage is found, and counts then', async () => {
  const { one, other, permit } = await probe()
  storage.isDown = true
  for (const listener of storage.listeners) listener.lost('gone')
  expect(one.record(permit, 'success')).toBe(true)
  await settle()
  expect(one.state).toBe('closed')
  expect(other.state).toBe('half-opened')
  storage.isDown = false
  await pass(5)
  expect([one.state, other.state]).toEqual(['closed', 'closed'])
})
