/** What the test suites of users do: they replace clocks, and mock axios. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import axios, { type InternalAxiosRequestConfig } from 'axios'
import { CircuitBreaker, ConfigError } from '../lib/index.js'
import { Running } from '../scripts/run.mjs'
import { TestClock } from '../lib/testing/index.js'

const root = resolve(__dirname, '..')
const LONG = 120_000
const TTL = 30

const failing = () =>
  axios.create({
    adapter: (config) => Promise.reject(new axios.AxiosError('down', 'ECONNREFUSED', config)),
  })

async function openedAt(now: () => number) {
  const users = failing()
  const circuit = new CircuitBreaker({ threshold: 1, ttl: TTL, now }).attach(users, 'users')
  await users.get('/').catch(() => undefined)
  return circuit
}

/** What Jest's fake timers would replace too. */
const NOT_DATE: FakeableAPI[] = [
  'performance',
  'nextTick',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]

/** Fakes that leave `performance` as it is. */
const FAKE_DATES: [what: string, fake: (time: number) => void][] = [
  ['a stub of Date.now', (time) => void jest.spyOn(Date, 'now').mockReturnValue(time)],
  [
    'fake timers of Date alone',
    (time) => void jest.useFakeTimers({ now: time, doNotFake: NOT_DATE }),
  ],
]

const FAKE_CLOCKS: typeof FAKE_DATES = [
  ...FAKE_DATES,
  [
    'a stub of performance.now',
    (time) => void jest.spyOn(performance, 'now').mockReturnValue(time),
  ],
]

describe('a clock that is replaced', () => {
  it.each([
    ['by one that begins at 0', 1000, 0],
    ['by one that is far ahead', 0, 1e9],
    ['by one that is a little behind', 1000, 995],
    ['by one that is behind by years', 1e9, -1e9],
  ])('%s makes no ttl longer', async (_what, before, after) => {
    let time = before
    const circuit = await openedAt(() => time)
    expect(circuit.retryAfter).toBe(TTL)
    time = after
    expect(circuit.retryAfter).toBeLessThanOrEqual(TTL)
    time = after + TTL + 1
    expect(circuit.state).toBe('half-opened')
  })

  it('holds no permit for longer than probeTimeout', async () => {
    let time = 1e6
    const users = axios.create({ adapter: () => new Promise(() => undefined) })
    const breaker = new CircuitBreaker({ threshold: 1, ttl: 1, probeTimeout: 60, now: () => time })
    const circuit = breaker.attach(users, 'users')
    const down = new axios.AxiosError('down', 'ECONNREFUSED')
    await users.get('/', { adapter: () => Promise.reject(down) }).catch(() => undefined)
    time += 2
    void users.get('/')
    await new Promise(setImmediate)
    await expect(users.get('/')).rejects.toMatchObject({ state: 'half-opened' })
    time = 0
    await circuit.ready()
    await users.get('/', { adapter: async (config) => answer(config) })
    expect(circuit.state).toBe('closed')
  })

  it.each([
    ['that run on', TTL * 1000 + 1, 'half-opened'],
    ['that are put back midway', 5000, 'opened'],
  ])('works with fake timers %s', async (_what, milliseconds, state) => {
    const users = failing()
    const circuit = new CircuitBreaker({ threshold: 1, ttl: TTL }).attach(users, 'users')
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
    await users.get('/').catch(() => undefined)
    jest.advanceTimersByTime(milliseconds)
    expect(circuit.state).toBe(state)
    jest.useRealTimers()
    expect(circuit.retryAfter).toBeLessThanOrEqual(TTL)
  })

  it.each(FAKE_DATES)('works with %s, which leaves performance as it is', async (_what, fake) => {
    const before = Date.now()
    fake(before)
    const users = failing()
    const circuit = new CircuitBreaker({ threshold: 1, ttl: TTL }).attach(users, 'users')
    await users.get('/').catch(() => undefined)
    expect(circuit.state).toBe('opened')
    fake(before + TTL * 1000 + 1)
    expect(circuit.state).toBe('half-opened')
    jest.useRealTimers()
    jest.restoreAllMocks()
    expect(circuit.retryAfter).toBeLessThanOrEqual(TTL)
  })

  it.each(FAKE_CLOCKS)('makes requests slow by %s', async (_what, fake) => {
    const before = Date.now()
    fake(before)
    const users = axios.create({ adapter: () => new Promise(() => undefined) })
    const circuit = new CircuitBreaker({ threshold: 1, slowAfter: 2 }).attach(users, 'users')
    void users.get('/')
    await new Promise(setImmediate)
    fake(before + 1900)
    expect(circuit.state).toBe('closed')
    fake(before + 2100)
    expect(circuit.state).toBe('opened')
    jest.useRealTimers()
    jest.restoreAllMocks()
  })
})

const answer = (config: InternalAxiosRequestConfig) => ({
  data: {},
  status: 200,
  statusText: 'OK',
  headers: {},
  config,
})

describe('the option now', () => {
  it.each([
    ['a number', 7],
    ['what returns no number', () => 'late'],
    ['what returns NaN', () => Number.NaN],
    ['what returns a promise', async () => 1],
    [
      'what throws',
      () => {
        throw new Error('no clock')
      },
    ],
  ])('refuses %s', (_what, now) => {
    const create = () => new CircuitBreaker({ now: now as never })
    expect(create).toThrow(ConfigError)
    expect(create).toThrow(/Expected a function that returns seconds[^]*now/)
  })

  it('belongs to the breaker, and to no circuit', () => {
    const attach = () =>
      new CircuitBreaker().attach(axios.create(), 'users', { now: () => 1 } as never)
    expect(attach).toThrow(/given "?now/)
  })
})

describe('TestClock', () => {
  it('makes a ttl pass, of exactly as many seconds', async () => {
    const { now, advance } = new TestClock()
    const circuit = await openedAt(now)
    advance(TTL - 0.01)
    expect(circuit).toMatchObject({ state: 'opened', retryAfter: 0.01 })
    advance(0.01)
    expect(circuit.state).toBe('half-opened')
  })

  it('stands still by itself, and never goes back', () => {
    const clock = new TestClock()
    const begin = clock.now()
    clock.advance(2.5)
    clock.advance(0)
    expect(clock.now() - begin).toBeCloseTo(2.5)
    for (const wrong of [-1, Number.NaN, Infinity, '5', undefined, null]) {
      expect(() => clock.advance(wrong as never)).toThrow(ConfigError)
    }
    expect(clock.now() - begin).toBeCloseTo(2.5)
  })
})

/** What suites replace axios by, and what they use of the library with it. */
const ATTACH = `new CircuitBreaker().attach(INSTANCE, 'users').detach()`
const INTERCEPTORS = 'interceptors: { request: { use: jest.fn() }, response: { use: jest.fn() } }'
const MOCKS: [what: string, factory: string, use: string][] = [
  ['an automock', '', ATTACH.replace('INSTANCE', "require('axios')")],
  [
    'a factory with create and interceptors',
    `() => ({ __esModule: true, default: { create: () => ({ get: jest.fn(), ${INTERCEPTORS} }) } })`,
    ATTACH.replace('INSTANCE', "require('axios').default.create()"),
  ],
  ['a factory with get and post', '() => ({ get: jest.fn(), post: jest.fn() })', ''],
  ['an empty factory', '() => ({})', ''],
  ['a function', '() => jest.fn()', ''],
  ['null properties', '() => ({ AxiosError: null, default: null })', ''],
  ['an AxiosError that throws', '() => ({ AxiosError: class { constructor() { throw 1 } } })', ''],
  ['an AxiosError that is no class', '() => ({ AxiosError: () => undefined })', ''],
  [
    'an AxiosError of its own',
    '() => ({ AxiosError: class extends Error {} })',
    `expect(new OpenedStateError('a', { state: 'opened', retryAfter: 1 })).toBeInstanceOf(require('axios').AxiosError)`,
  ],
  [
    'the actual one with another create',
    `() => ({ ...jest.requireActual('axios'), create: () => ({ ${INTERCEPTORS} }) })`,
    ATTACH.replace('INSTANCE', "require('axios').create()"),
  ],
]

it(
  'imports and attaches, whatever replaces axios',
  async () => {
    const suite = mkdtempSync(join(tmpdir(), 'mocks-'))
    mkdirSync(join(suite, 'node_modules'))
    for (const name of ['axios', 'zod']) {
      symlinkSync(join(root, 'node_modules', name), join(suite, 'node_modules', name))
    }
    mkdirSync(join(suite, 'node_modules/axios-breaker'))
    symlinkSync(join(root, 'dist'), join(suite, 'node_modules/axios-breaker/dist'))
    symlinkSync(join(root, 'package.json'), join(suite, 'node_modules/axios-breaker/package.json'))
    writeFileSync(join(suite, 'package.json'), '{"jest":{"testEnvironment":"node"}}')
    for (const [index, [what, factory, use]] of MOCKS.entries()) {
      const mock = factory ? `jest.mock('axios', ${factory})` : "jest.mock('axios')"
      writeFileSync(
        join(suite, `${index}.test.js`),
        `${mock}
test(${JSON.stringify(what)}, () => {
  const { CircuitBreaker, OpenedStateError, NotInitializedError, ConfigError } = require('axios-breaker')
  const refusal = new OpenedStateError('users', { state: 'opened', retryAfter: 1 })
  expect(refusal).toBeInstanceOf(OpenedStateError)
  expect(refusal).toBeInstanceOf(Error)
  expect(refusal).toMatchObject({ code: 'ERR_CIRCUIT_OPENED', name: 'OpenedStateError', circuit: 'users' })
  expect(refusal.message).toContain('is opened')
  expect(new Error('another')).not.toBeInstanceOf(OpenedStateError)
  expect(new NotInitializedError('users').code).toBe('ERR_NOT_INITIALIZED')
  expect(() => new CircuitBreaker().attach({}, 'users')).toThrow(ConfigError)
  ${use}
})`,
      )
    }
    const jestProgram = join(root, 'node_modules/jest/bin/jest.js')
    const args = [jestProgram, '--rootDir', suite, '--json', '--silent']
    const running = new Running(process.execPath, args, { cwd: suite })
    await running.end()
    rmSync(suite, { recursive: true })
    const { testResults } = JSON.parse(running.stdout) as {
      testResults: { status: string; message: string }[]
    }
    expect(testResults.filter(({ status }) => status !== 'passed')).toEqual([])
    expect(testResults).toHaveLength(MOCKS.length)
  },
  LONG,
)
