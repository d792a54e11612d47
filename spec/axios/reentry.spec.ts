/** A fallback whose requests lead back to itself: it ends, and the event loop stays free. */
import { setImmediate as turn } from 'node:timers/promises'
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker, type Fallback } from '../../lib/index.js'
import { copyOf } from '../support/copies.js'
import { until } from '../support/until.js'

const passOn = async <Value>(value: Value): Promise<Value> => {
  await Promise.resolve()
  return value
}

const down = async (): Promise<never> => {
  throw new Error('down')
}

let warnings: jest.SpyInstance
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => warnings.mockRestore())

/** Instances in a ring: the fallback of each asks the next one. All of their circuits are opened. */
async function ring(size: number, fallbackOf: (next: () => AxiosInstance) => Fallback) {
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 60 })
  const calls = jest.fn()
  const instances = Array.from({ length: size }, () => axios.create({ adapter: down }))
  for (const [index, instance] of instances.entries()) {
    const ask = fallbackOf(() => instances[(index + 1) % size] as AxiosInstance)
    const fallback: Fallback = (error, config) => {
      calls()
      return ask(error, config)
    }
    breaker.attach(instance, `service ${index}`, { fallback })
    await instance.get('/').catch(() => undefined)
  }
  return { first: instances[0] as AxiosInstance, instances, calls }
}

type Ways = Record<string, (next: () => AxiosInstance) => Fallback>

const AT_ONCE: Ways = {
  'sends a request': (next) => () => next().get('/backup'),
  'sends a request and waits for it': (next) => async () => (await next().get('/backup')).data,
  'sends its config': (next) => (_error, config) => next().request(config),
  'sends a copy of its config': (next) => (_error, config) => next().request({ ...config }),
  'sends its config later': (next) => async (_error, config) => {
    await passOn(0)
    return next().request({ ...config, url: '/other' })
  },
  'sends the config of the error later': (next) => async (error) => {
    await passOn(0)
    return next().request({ ...error.config, url: '/other' })
  },
  'sends several': (next) => () => Promise.all([1, 2, 3].map((id) => next().get(`/${id}`))),
  'sends and forgets': (next) => () => {
    next()
      .get('/alert')
      .catch(() => undefined)
    return Promise.reject(new Error('no answer'))
  },
}

describe.each(Object.entries(AT_ONCE))('a fallback that %s', (what, way) => {
  it.each([
    [1, false],
    [1, true],
    [2, false],
    [3, true],
  ])('ends in a ring of %i, with asynchronous interceptors: %p', async (size, isAsync) => {
    const { first, instances, calls } = await ring(size, way)
    if (isAsync) for (const { interceptors } of instances) interceptors.request.use(passOn)
    await expect(first.get('/')).rejects.toThrow(/is opened|no answer/)
    // Each of several requests asks the next fallback in turn.
    const count = what === 'sends several' ? (3 ** size - 1) / 2 : size
    await until('each fallback has been asked', () => calls.mock.calls.length >= count)
    // A ring that went on would call them in any of these turns.
    for (let turns = 0; turns < 20; turns += 1) await turn()
    expect(calls).toHaveBeenCalledTimes(count)
  })
})

it('warns once, and says what to do', async () => {
  const { first } = await ring(1, AT_ONCE['sends a request'] as Ways[string])
  await first.get('/').catch(() => undefined)
  await first.get('/').catch(() => undefined)
  expect(warnings).toHaveBeenCalledTimes(1)
  expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/"service 0".*circuitBreaker: false/))
})

it('answers requests that come at the same time, however many', async () => {
  const { first, calls } = await ring(1, () => async () => {
    await passOn(0)
    return 'instead'
  })
  const answers = await Promise.all(Array.from({ length: 5000 }, () => first.get('/')))
  expect(new Set(answers.map(({ data }) => data as unknown))).toEqual(new Set(['instead']))
  expect(calls).toHaveBeenCalledTimes(5000)
  expect(warnings).not.toHaveBeenCalled()
})

it('answers a config that was kept until its fallback had answered', async () => {
  const kept: Parameters<Fallback>[1][] = []
  const { first, calls } = await ring(1, () => (_error, config) => kept.push({ ...config }))
  await first.get('/')
  for (let round = 0; round < 10; round += 1) {
    expect((await first.request(kept.at(-1) ?? {})).data).toBe(kept.length)
  }
  expect(calls).toHaveBeenCalledTimes(11)
})

it('lets a fallback ask another circuit, whose own fallback answers', async () => {
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 60 })
  const users = axios.create({ adapter: down })
  const backup = axios.create({ adapter: down })
  breaker.attach(users, 'users', { fallback: async () => (await backup.get('/')).data })
  breaker.attach(backup, 'backup', { fallback: () => 'stale' })
  for (const instance of [users, backup]) await instance.get('/').catch(() => undefined)
  expect((await users.get('/')).data).toBe('stale')
})

it('hands the config back as it was', async () => {
  const { first } = await ring(1, () => () => 'instead')
  const { config } = await first.get('/')
  expect(config.adapter).toBe(down)
})

describe('with two copies of the package', () => {
  let other: { readonly CircuitBreaker: typeof CircuitBreaker }
  beforeAll(async () => {
    other = await copyOf(() => import('../../lib/index.js'))
  })

  async function opened(instance: AxiosInstance): Promise<AxiosInstance> {
    await instance.get('/').catch(() => undefined)
    return instance
  }

  it.each(Object.entries(AT_ONCE))(
    'a fallback that %s is not called for what the other copy refuses',
    async (_what, way) => {
      expect(other.CircuitBreaker).not.toBe(CircuitBreaker)
      const users = axios.create({ adapter: down })
      const fallback = jest.fn(way(() => users))
      new CircuitBreaker({ threshold: 1 }).attach(users, 'users', { fallback })
      new other.CircuitBreaker({ threshold: 1 }).attach(users, 'users')
      await opened(users)
      await expect(users.get('/')).rejects.toThrow(/is opened|no answer/)
      expect(fallback).toHaveBeenCalledTimes(1)
    },
  )

  it('fallbacks in a ring of both end', async () => {
    const [users, avatars] = [axios.create({ adapter: down }), axios.create({ adapter: down })]
    const ask = jest.fn((instance: AxiosInstance) => instance.get('/backup'))
    const options = { threshold: 1 }
    new CircuitBreaker(options).attach(users, 'users', { fallback: () => ask(avatars) })
    new other.CircuitBreaker(options).attach(avatars, 'avatars', { fallback: () => ask(users) })
    for (const instance of [users, avatars]) await opened(instance)
    ask.mockClear()
    await expect(users.get('/')).rejects.toThrow('is opened')
    expect(ask).toHaveBeenCalledTimes(2)
  })
})

/** Such a request cannot be distinguished from another caller's: it waits, and in the end it is refused. */
describe.each([2])('a fallback in a ring of %i that sends a new request later', (size) => {
  it('keeps the event loop free, and ends', async () => {
    const { first } = await ring(size, (next) => async () => {
      await passOn(0)
      return next().get('/backup')
    })
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    await expect(first.get('/')).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPENED' })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
    expect(warnings).toHaveBeenCalledWith(expect.stringContaining('have not ended'))
  }, 60_000)
})
