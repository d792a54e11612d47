/** A process that starts is busy, so `init()` waits for its circuits until its own deadline. */
import axios from 'axios'
import { CircuitBreaker } from '../../../lib/index.js'
import type { Answer, Question } from '../../../lib/fleet/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { Wrapped } from './wrapped.js'

const COMMAND_DEADLINE = 0.02

/** Answers the read of the first circuit at once, and the others after a while. */
class SlowForTheRest extends Wrapped {
  late = 0

  constructor() {
    super(new MemoryStorage(), { commandDeadline: COMMAND_DEADLINE, initDeadline: 10 })
  }

  protected async answer({ circuit }: Question, ask: () => Promise<Answer>): Promise<Answer> {
    if (circuit === 'first') return ask()
    await new Promise((resolve) => setTimeout(resolve, 10 * COMMAND_DEADLINE * 1000))
    this.late += 1
    return ask()
  }
}

it('reading a circuit may exceed commandDeadline while the process joins', async () => {
  const storage = new SlowForTheRest()
  const breaker = new CircuitBreaker({ storage })
  for (const name of ['first', 'second', 'third']) breaker.attach(axios.create(), name)
  await breaker.init()
  expect(breaker.storageUp).toBe(true)
  expect(storage.late).toBe(2)
  await breaker.close()
})
