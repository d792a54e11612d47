/** A ttl that ends during an admission: the admission reads the clock once, and not twice. */
import { joinStorage } from '../../../lib/breaker/membership.js'
import type { Permit, Rules } from '../../../lib/circuit/types.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { Recording } from './recording.js'
import { PATIENT } from '../../storage/subjects.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 60 }

it('sends no probe without a permit', async () => {
  let now = 0
  let pace = 0
  // With a pace, the clock advances at each reading, as in a process that stalls between two readings.
  const clock = (): number => (now += pace)
  const storage = new Recording(
    new MemoryStorage({ now: () => now, ...PATIENT }),
    PATIENT,
    () => now,
  )
  const membership = joinStorage(storage, {
    publisher: { publish: () => undefined, hasListeners: () => false },
    now: clock,
  })
  const machine = membership.machineFor('users', RULES)
  await membership.init()
  machine.record((await machine.admit()) as Permit, 'failure')
  await membership.flush()
  expect(machine.state).toBe('opened')
  let admission = await machine.admit()
  now = 9.5
  pace = 0.15
  for (let count = 0; !admission.admitted && count < 10; count += 1) {
    admission = await machine.admit()
  }
  expect(admission).toMatchObject({ admitted: true, probe: true })
  expect(storage.entries.filter(({ question }) => question.op === 'acquire')).toHaveLength(1)
  await membership.close()
})
