/** The reason of an opening, in a process that learns of it from another. */
import axios, { AxiosError, type AxiosAdapter } from 'axios'
import { CircuitBreaker, OpenedStateError } from '../../../lib/index.js'
import type { SharedStorage } from '../../../lib/fleet/index.js'
import { errorOf } from '../../support/plugin-harness.js'
import { until } from '../../support/until.js'
import { SUBJECTS, type Subject } from '../../storage/subjects.js'

const SECRET = 'hunter2'

function failing(code: string | undefined, status?: number): AxiosAdapter {
  return async (config) => {
    const answer = status && { status, statusText: SECRET, headers: {}, data: SECRET, config }
    throw new AxiosError(SECRET, code, config, undefined, answer || undefined)
  }
}

/** A process whose adapter answers as the spec says. */
async function joined(storage: SharedStorage) {
  const service = { adapter: failing('ECONNREFUSED') }
  const users = axios.create({ adapter: (config) => service.adapter(config) })
  const breaker = new CircuitBreaker({ storage, threshold: 2, ttl: 60 })
  const circuit = breaker.attach(users, 'users')
  await breaker.init()
  return { users, breaker, circuit, service }
}

describe.each(Object.entries(SUBJECTS))('over %s', (_name, start) => {
  let subject: Subject
  let parties: Awaited<ReturnType<typeof joined>>[]
  beforeEach(async () => {
    subject = await start()
    parties = [await joined(subject.create()), await joined(subject.create())]
  })
  afterEach(async () => {
    await Promise.all(parties.map(({ breaker }) => breaker.close()))
    await subject.stop()
  })

  it.each([
    ['an HTTP status', 'ERR_BAD_RESPONSE', 503, { code: 'ERR_BAD_RESPONSE', status: 503 }],
    ['a code', 'ECONNREFUSED', undefined, { code: 'ECONNREFUSED' }],
  ])('shows %s to processes that saw no failure', async (_what, code, status, expected) => {
    const [one, other] = parties
    if (!one || !other) throw new Error('nobody has joined')
    one.service.adapter = failing(code, status)
    await errorOf(one.users.get(`/${SECRET}`))
    await errorOf(one.users.get(`/${SECRET}`))
    await until('the other follows', () => other.circuit.state !== 'closed')
    expect(other.circuit.lastFailure).toEqual(expected)
    expect(one.circuit.lastFailure).toEqual(expected)
    const error = await errorOf(other.users.get('/'))
    expect(error).toBeInstanceOf(OpenedStateError)
    expect(error).toMatchObject({ lastFailure: expected })
    expect(JSON.stringify([error, other.circuit])).not.toContain(SECRET)
  })

  it('leaves out a code that does not look like one', async () => {
    const [one, other] = parties
    if (!one || !other) throw new Error('nobody has joined')
    one.service.adapter = failing('a|b\n')
    await errorOf(one.users.get('/'))
    await errorOf(one.users.get('/'))
    await until('the other follows', () => other.circuit.state !== 'closed')
    expect(other.circuit.state).toBe('opened')
  })
})
