/** A probe that was sent alone, and still runs when the storage is back: it holds this process's own permit. */
import { joinStorage } from '../../../lib/breaker/membership.js'
import type { Machine, Permit, Rules } from '../../../lib/circuit/types.js'
import { MemoryStorage, TestClock } from '../../../lib/testing/index.js'
import { until } from '../../support/until.js'
import { Recording } from './recording.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 60 }
const REQUESTS = 100

async function permitOf(machine: Machine): Promise<Permit> {
  const admission = await machine.admit()
  if (!admission.admitted) throw new Error(`refused: ${admission.state}`)
  return admission
}

it('asks for no permit while the probe runs, and goes on once it has ended', async () => {
  const clock = new TestClock()
  const { now } = clock
  const memory = new MemoryStorage({ now })
  const storage = new Recording(memory, {}, now)
  const publisher = { publish: () => undefined, hasListeners: () => false }
  const membership = joinStorage(storage, { publisher, now })
  const machine = membership.machineFor('users', RULES)
  await membership.init()
  machine.record(await permitOf(machine), 'failure')
  await membership.flush()

  memory.goDown()
  clock.advance(11)
  const probe = await permitOf(machine)
  memory.comeBack()
  await until('the storage is found', () => membership.isUp)
  await membership.flush()

  const before = storage.entries.length
  for (let left = REQUESTS; left > 0; left -= 1) {
    expect(machine.isReady).toBe(false)
    expect(await machine.admit()).toMatchObject({ admitted: false, state: 'half-opened' })
  }
  await membership.flush()
  expect(storage.entries).toHaveLength(before)

  machine.record(probe, 'failure')
  // The whole fleet waits for the probe, until the storage knows of its end.
  await membership.flush()
  expect(machine.isReady).toBe(true)
  machine.record(await permitOf(machine), 'success')
  await membership.flush()
  expect(machine.state).toBe('closed')
  await membership.close()
})
