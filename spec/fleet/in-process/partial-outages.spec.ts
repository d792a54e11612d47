/** A storage of several servers, of which the one with a circuit's key does not answer, and the others do. */
import axios from 'axios'
import { CircuitBreaker } from '../../../lib/index.js'
import type { Answer, Question } from '../../../lib/fleet/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { until } from '../../support/until.js'
import { Wrapped } from './wrapped.js'

const DEADLINES = { commandDeadline: 0.05, permitDeadline: 0.05, initDeadline: 10 }

class Servers extends Wrapped {
  isServerDown = false
  /** How many questions the server that is down has got. */
  unanswered = 0

  constructor() {
    super(new MemoryStorage(), DEADLINES)
  }

  protected async answer({ circuit }: Question, ask: () => Promise<Answer>): Promise<Answer> {
    if (circuit !== 'users' || !this.isServerDown) return ask()
    this.unanswered += 1
    return new Promise(() => undefined)
  }
}

it.each([
  ['the list of forced circuits answers', ['users']],
  ['another circuit answers', ['orders', 'users', 'payments']],
])('is lost once, and until the circuit is answered again, although %s', async (_what, names) => {
  const storage = new Servers()
  const breaker = new CircuitBreaker({ storage, threshold: 1, ttl: 60 })
  const events: string[] = []
  breaker.on('storageLost', () => events.push('lost'))
  breaker.on('storageRestored', () => events.push('restored'))
  const users = axios.create({ adapter: () => Promise.reject(new Error('down')) })
  for (const name of names) breaker.attach(name === 'users' ? users : axios.create(), name)
  await breaker.init()

  storage.isServerDown = true
  await users.get('/').catch(() => undefined)
  await until('it was looked for three times', () => storage.unanswered >= 4)
  expect(events).toEqual(['lost'])

  storage.isServerDown = false
  await until('it is found', () => breaker.storageUp === true)
  expect(events).toEqual(['lost', 'restored'])
  await breaker.close()
})
