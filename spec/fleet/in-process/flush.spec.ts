/** `flush()` while the end of a probe is on its way, and a report waits for that end. */
import { setImmediate as turn } from 'node:timers/promises'
import { joinStorage } from '../../../lib/breaker/membership.js'
import type { Machine, Outcome, Rules } from '../../../lib/circuit/types.js'
import { MemoryStorage, TestClock } from '../../../lib/testing/index.js'
import { PATIENT } from '../../storage/subjects.js'
import { Recording } from './recording.js'
import type { Answer, Question } from '../../../lib/fleet/index.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 60 }

class Slow extends Recording {
  pause = 0

  protected override async answer(question: Question, ask: () => Promise<Answer>): Promise<Answer> {
    for (let left = this.pause; left > 0; left -= 1) await turn()
    return super.answer(question, ask)
  }
}

async function send(machine: Machine, outcome: Outcome): Promise<void> {
  const admission = await machine.admit()
  if (admission.admitted) machine.record(admission, outcome)
}

it.each([0, 1, 2, 3, 5, 10, 30])('waits for that report too, after %i turns', async (pause) => {
  const clock = new TestClock()
  const storage = new Slow(new MemoryStorage({ now: clock.now }), PATIENT, clock.now)
  const publisher = { publish: () => undefined, hasListeners: () => false }
  const options = { publisher, now: clock.now }
  const membership = joinStorage(storage, options)
  const machine = membership.machineFor('users', RULES)
  await membership.init()
  await send(machine, 'failure')
  await membership.flush()
  clock.advance(11)
  storage.pause = pause
  await send(machine, 'success')
  await send(machine, 'failure')
  await membership.flush()
  expect(storage.entries.at(-1)).toMatchObject({
    question: { op: 'report' },
    answer: { granted: true, state: 'opened' },
  })
  await membership.close()
})
