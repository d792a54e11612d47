/** The event of an opening says its cause, its round, how long it lasts, and the rate of the window. */
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker, type CircuitEvents, type CircuitOptions } from '../../lib/index.js'
import { MemoryStorage, TestClock } from '../../lib/testing/index.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
let clock: TestClock
beforeEach(async () => {
  upstream = await Upstream.start()
  clock = new TestClock()
})
afterEach(() => upstream.stop())

function guarded(options: CircuitOptions) {
  const users = axios.create({ baseURL: upstream.origin })
  const breaker = new CircuitBreaker({ now: clock.now })
  const circuit = breaker.attach(users, 'users', options)
  const moves: CircuitEvents['stateChanged'][] = []
  breaker.on('stateChanged', (event) => moves.push(event))
  return { users, breaker, circuit, moves }
}

/** Sends one request after the other: f fails, s succeeds. */
async function send(users: AxiosInstance, results: string): Promise<void> {
  for (const result of results) {
    await users.get(result === 'f' ? '/status/503' : '/status/200').catch(() => undefined)
  }
}

it('names the streak, in the event and in the circuit', async () => {
  const { users, circuit, moves } = guarded({ threshold: 2, ttl: 10 })
  expect(circuit).toMatchObject({ cause: undefined, round: 0 })
  await send(users, 'ff')
  expect(moves.at(-1)).toEqual({
    circuit: 'users',
    from: 'closed',
    to: 'opened',
    origin: 'local',
    cause: 'streak',
    round: 1,
    retryAfter: 10,
  })
  expect(circuit).toMatchObject({ cause: 'streak', round: 1 })
  expect(JSON.parse(JSON.stringify(circuit))).toMatchObject({ cause: 'streak', round: 1 })
})

it('names the rate, with what the window held', async () => {
  const { users, circuit, moves } = guarded({ failureRate: { threshold: 0.4, minimumRequests: 5 } })
  await send(users, 'fsfss')
  const failureRate = { requests: 5, failures: 2, rate: 0.4 }
  expect(moves.at(-1)).toMatchObject({ to: 'opened', cause: 'rate', round: 1, failureRate })
  expect(circuit).toMatchObject({ cause: 'rate', failureRate: { requests: 0 } })
})

it('names the streak beside a rate, without the window', async () => {
  const { users, moves } = guarded({ threshold: 3, failureRate: 0.5 })
  await send(users, 'sfff')
  expect(moves.at(-1)).toMatchObject({ to: 'opened', cause: 'streak' })
  expect(moves.at(-1)).not.toHaveProperty('failureRate')
})

it('names a probe from the second round on, and how long each round lasts', async () => {
  const ttl = { initial: 10, factor: 2, max: 30, jitter: 0 }
  const { users, circuit, moves } = guarded({ threshold: 1, ttl })
  await send(users, 'f')
  for (const lasts of [10, 20, 30]) {
    expect(circuit.retryAfter).toBe(lasts)
    clock.advance(lasts)
    await send(users, 'f')
  }
  const openings = moves.filter(({ to }) => to === 'opened')
  expect(openings.map(({ cause, round, retryAfter }) => [cause, round, retryAfter])).toEqual([
    ['streak', 1, 10],
    ['probe', 2, 20],
    ['probe', 3, 30],
    ['probe', 4, 30],
  ])
  clock.advance(30)
  expect(circuit).toMatchObject({ state: 'half-opened', cause: 'probe', round: 4 })
  await send(users, 's')
  expect(circuit).toMatchObject({ state: 'closed', cause: undefined, round: 0 })
  expect(Object.keys(JSON.parse(JSON.stringify(circuit)) as object)).not.toContain('round')
})

it('leaves these fields out of other transitions', async () => {
  const { users, moves } = guarded({ threshold: 1, ttl: 10 })
  await send(users, 'f')
  clock.advance(10)
  await send(users, 's')
  expect(moves.slice(1)).toEqual([
    { circuit: 'users', from: 'opened', to: 'half-opened', origin: 'local' },
    { circuit: 'users', from: 'half-opened', to: 'closed', origin: 'local' },
  ])
})

it('includes a longer Retry-After in the retryAfter of the event', async () => {
  const { users, breaker, moves } = guarded({ threshold: 1, ttl: 10, maxRetryAfter: 60 })
  const busy = axios.create({
    adapter: (config) =>
      Promise.resolve({
        data: '',
        status: 503,
        statusText: '',
        headers: { 'retry-after': '40' },
        config,
      }),
  })
  breaker.attach(busy, 'users')
  await busy.get('/').catch(() => undefined)
  await send(users, 's')
  expect(moves).toHaveLength(1)
  expect(moves[0]).toMatchObject({ to: 'opened', cause: 'streak', retryAfter: 40 })
})

describe('in a fleet', () => {
  /** Two processes that use the real clock, as their storage does. */
  async function two(options: CircuitOptions) {
    const storage = new MemoryStorage()
    const both = [1, 2].map(() => {
      const users = axios.create({ baseURL: upstream.origin })
      const breaker = new CircuitBreaker({ storage })
      const circuit = breaker.attach(users, 'users', options)
      const openings: CircuitEvents['stateChanged'][] = []
      breaker.on('stateChanged', (event) => event.to === 'opened' && openings.push(event))
      return { users, breaker, circuit, openings }
    })
    for (const { breaker } of both) await breaker.init()
    const [one, other] = both as [(typeof both)[0], (typeof both)[0]]
    const close = () => Promise.all(both.map(({ breaker }) => breaker.close()))
    return { one, other, close }
  }

  it('each process names the cause and the round, whichever process has seen the failures', async () => {
    const { one, other, close } = await two({ threshold: 2, ttl: 0.05 })
    await send(one.users, 'ff')
    await until('the other has heard', () => other.openings.length === 1)
    await until('the ttl has passed', () => one.circuit.state === 'half-opened')
    await send(one.users, 'f')
    await until('the other has heard again', () => other.openings.length === 2)
    for (const { openings } of [one, other]) {
      expect(openings.map(({ cause, round }) => [cause, round])).toEqual([
        ['streak', 1],
        ['probe', 2],
      ])
    }
    expect(other.openings[0]).toMatchObject({ origin: 'shared' })
    await close()
  })

  it('the rate is the cause also in a process whose own requests succeed', async () => {
    const { one, other, close } = await two({ failureRate: { threshold: 0.5, minimumRequests: 8 } })
    await send(other.users, 'sssss')
    await send(one.users, 'sfsfsfsffff')
    await until('the other has heard', () => other.openings.length === 1)
    expect(other.openings[0]).toMatchObject({ origin: 'shared', cause: 'rate', round: 1 })
    expect(other.openings[0]).not.toHaveProperty('failureRate')
    expect(one.openings[0]).toMatchObject({ cause: 'rate', failureRate: { requests: 8 } })
    expect(one.circuit.cause).toBe('rate')
    await close()
  })
})
