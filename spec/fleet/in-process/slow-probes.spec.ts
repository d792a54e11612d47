/** A service that hangs: slow probes are counted, and yet no more are in flight at once than `permits` allows. */
import { setImmediate as turn } from 'node:timers/promises'
import axios, { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import { CircuitBreaker, type CircuitOptions } from '../../../lib/index.js'
import { MemoryStorage, TestClock } from '../../../lib/testing/index.js'
import { until } from '../../support/until.js'

const TTL = 1
const SLOW_AFTER = 0.5

/** A service that fails once, and then answers nothing. */
class Hanging {
  most = 0
  hits = 0
  readonly #ends = new Set<() => void>()

  readonly adapter = (config: InternalAxiosRequestConfig): Promise<never> => {
    this.hits += 1
    const down = new AxiosError('down', 'ECONNRESET', config)
    if (this.hits === 1) return Promise.reject(down)
    return new Promise((_resolve, reject) => {
      const end = (): void => {
        this.#ends.delete(end)
        reject(down)
      }
      this.#ends.add(end)
      this.most = Math.max(this.most, this.#ends.size)
    })
  }

  endAll(): void {
    for (const end of this.#ends) end()
  }
}

async function fleetOf(
  size: number,
  storage: MemoryStorage | undefined,
  clock: TestClock,
  more: CircuitOptions = {},
) {
  const service = new Hanging()
  const members = Array.from({ length: size }, () => {
    const options = { threshold: 1, ttl: TTL, slowAfter: SLOW_AFTER, now: clock.now, ...more }
    const breaker = new CircuitBreaker({ ...options, ...(storage && { storage }) })
    const users = axios.create({ adapter: service.adapter })
    return { breaker, users, circuit: breaker.attach(users, 'users') }
  })
  await Promise.all(members.map(({ breaker }) => breaker.init()))
  return { service, members }
}

it.each([
  ['of one process', 1, false],
  ['of a fleet', 3, true],
])('probes %s hold their permits while they hang', async (_what, size, isShared) => {
  const clock = new TestClock()
  const storage = isShared ? new MemoryStorage({ now: clock.now }) : undefined
  const { service, members } = await fleetOf(size, storage, clock)
  const rounds: number[] = []
  members[0]?.breaker.on('stateChanged', ({ to, round }) => {
    if (to === 'opened') rounds.push(round ?? 0)
  })
  const sendAll = async (by = members) => {
    for (const { users } of by) void users.get('/').catch(() => undefined)
    for (let i = 0; i < 20; i += 1) await turn()
  }
  await sendAll(members.slice(0, 1))
  await until('all have learnt of it', () =>
    members.every(({ circuit }) => circuit.state === 'opened'),
  )
  const sendProbe = async () => {
    clock.advance(TTL + 0.1)
    await sendAll()
    clock.advance(SLOW_AFTER + 0.1)
  }
  await sendProbe()
  await until('all know that it has failed', () =>
    members.every(({ circuit }) => circuit.state === 'opened'),
  )
  expect(rounds).toEqual([1, 2])
  for (let round = 0; round < 3; round += 1) await sendProbe()
  expect(service.hits).toBe(2)
  expect(rounds).toEqual([1, 2])
  service.endAll()
  await until('another probe is sent', async () => {
    await sendAll()
    return service.hits > 2
  })
  expect(service.most).toBe(1)
  service.endAll()
  for (const { breaker } of members) await breaker.close()
})

it('a slow probe keeps its lease for as long as it may run', async () => {
  jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'queueMicrotask', 'setImmediate'] })
  const clock = new TestClock()
  const storage = new MemoryStorage({ now: clock.now, lease: 3 })
  const { service, members } = await fleetOf(2, storage, clock, { probeTimeout: 30 })
  const pass = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= 0.5) {
      clock.advance(0.5)
      jest.advanceTimersByTime(500)
      for (const { users } of members) void users.get('/').catch(() => undefined)
      for (let i = 0; i < 20; i += 1) await turn()
    }
  }
  void members[0]?.users.get('/').catch(() => undefined)
  await turn()
  await pass(2)
  expect(service.hits).toBe(2)
  await pass(25)
  expect(service.hits).toBe(2)
  await pass(20)
  expect(service.hits).toBe(3)
  service.endAll()
  for (const { breaker } of members) await breaker.close()
  jest.useRealTimers()
})
