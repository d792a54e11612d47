/** A reported result counts for the whole fleet. */
import axios from 'axios'
import { CircuitBreaker } from '../../../lib/index.js'
import { until } from '../../support/until.js'
import { PATIENT, SUBJECTS, type Subject } from '../../storage/subjects.js'

describe.each(Object.entries(SUBJECTS))('over %s', (_name, start) => {
  let subject: Subject
  let one: CircuitBreaker
  let other: CircuitBreaker
  beforeEach(async () => {
    subject = await start()
    await subject.setClock(1000)
    one = await joined('one')
    other = await joined('other')
  })
  afterEach(async () => {
    await Promise.all([one.close(), other.close()])
    await subject.stop()
  })

  async function joined(reporter: string): Promise<CircuitBreaker> {
    const storage = subject.create({ ...PATIENT, reporter })
    const breaker = new CircuitBreaker({ threshold: 3, ttl: 60, storage })
    breaker.attach(axios.create(), 'users')
    await breaker.init()
    return breaker
  }

  it('opens the circuit of the others, with a shared origin', async () => {
    const moves: unknown[] = []
    other.on('stateChanged', ({ to, origin }) => moves.push([to, origin]))
    for (let count = 0; count < 3; count += 1) one.circuit('users')?.report('failure')
    expect(one.circuit('users')?.state).toBe('opened')
    await until('the other follows', () => moves.length > 0)
    expect(moves).toEqual([['opened', 'shared']])
    expect(other.circuit('users')?.state).toBe('opened')
  })

  it('takes failures back with a success', async () => {
    const report = async (breaker: CircuitBreaker, ...outcomes: ('success' | 'failure')[]) => {
      for (const outcome of outcomes) breaker.circuit('users')?.report(outcome)
      await breaker.flush()
    }
    await report(one, 'failure', 'failure')
    await report(one, 'success')
    await report(other, 'failure', 'failure')
    const states = [one, other].map(({ circuits }) => circuits[0]?.state)
    expect(states).toEqual(['closed', 'closed'])
    await report(one, 'failure')
    await until('the other follows', () => other.circuit('users')?.state === 'opened')
  })
})
