/**
 * The decisions of a process while it is alone do not affect the fleet, even if the storage lost its data.
 */
import type { Machine, Rules } from '../../../lib/circuit/types.js'
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { until } from '../../support/until.js'

const RULES: Rules = { threshold: 2, ttl: 4, permits: 1, probeTimeout: 60 }

let now = 1000
const storage = new MemoryStorage({ now: () => now })

async function join(): Promise<[Machine, Membership]> {
  const publisher = { publish: () => undefined, hasListeners: () => false }
  const membership = joinStorage(storage, { publisher, now: () => now })
  const machine = membership.machineFor('users', RULES)
  await membership.init()
  return [machine, membership]
}

async function send(machine: Machine, outcome: 'success' | 'failure'): Promise<void> {
  const admission = await machine.admit()
  if (admission.admitted) machine.record(admission, outcome)
}

it('an outage that it overcame alone is not restored by later failures', async () => {
  const [machine, membership] = await join()
  const [other, otherMembership] = await join()
  for (let count = 0; count < RULES.threshold; count += 1) await send(machine, 'failure')
  await membership.flush()
  expect([machine.state, other.state]).toEqual(['opened', 'opened'])

  storage.goDown()
  now += RULES.ttl + 1
  await send(machine, 'success')
  await send(other, 'success')
  expect([machine.state, other.state]).toEqual(['closed', 'closed'])
  for (let count = 0; count < RULES.threshold; count += 1) await send(machine, 'failure')
  expect(machine.state).toBe('opened')

  storage.forget()
  storage.comeBack()
  await until('both are back', () => membership.isUp && otherMembership.isUp)
  await membership.flush()
  await otherMembership.flush()
  expect([machine.state, other.state]).toEqual(['opened', 'closed'])
  const [newcomer, last] = await join()
  expect(newcomer.state).toBe('closed')
  for (const member of [membership, otherMembership, last]) await member.close()
})

it('an outage that only its own probes confirmed keeps the age that the fleet knows', async () => {
  const [machine, membership] = await join()
  for (let count = 0; count < RULES.threshold; count += 1) await send(machine, 'failure')
  await membership.flush()
  storage.goDown()
  for (let round = 0; round < 5; round += 1) {
    now += RULES.ttl + 1
    await send(machine, 'failure')
  }
  storage.forget()
  storage.comeBack()
  await until('it is back', () => membership.isUp)
  await membership.flush()
  expect(machine.state).toBe('opened')
  const [newcomer, last] = await join()
  expect(newcomer.state).toBe('closed')
  for (const member of [membership, last]) await member.close()
})
