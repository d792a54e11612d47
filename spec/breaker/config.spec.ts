/** Bad input is refused at once, with the option, the value and what was expected; and nothing is half attached. */
import { runInNewContext } from 'node:vm'
import axios, {
  type AxiosInstance,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios'
import { CircuitBreaker, ConfigError, type CircuitOptions } from '../../lib/index.js'

const COUNTS = ['threshold', 'permits']
const SECONDS = ['ttl', 'probeTimeout']
const FUNCTIONS = ['outcome', 'fallback']

const NO_NUMBERS: readonly (readonly [unknown, string])[] = [
  [null, 'null'],
  ['5', 'a string'],
  ['', 'a string'],
  [true, 'true'],
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
  [0, '0'],
  [-1, '-1'],
  [10n, 'a bigint'],
  [{}, 'an object'],
  [[5], 'an array'],
  [() => 5, 'a function'],
  [new Date(), 'an object'],
]
const NO_COUNTS = [...NO_NUMBERS, [1.5, '1.5'], [2 ** 53, '9007199254740992']] as const
/** One millisecond more than a timer can wait: such a timer fires at once. */
const NO_TIMES = [...NO_NUMBERS, [2 ** 31 / 1000, '2147483.648'], [1e7, '10000000']] as const
const NO_FUNCTIONS = [
  [null, 'null'],
  ['ignored', 'a string'],
  [1, 'a number'],
  [false, 'a boolean'],
  [{}, 'an object'],
] as const

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

const WRONG: readonly (readonly [option: string, value: unknown, shown: string])[] = [
  ...COUNTS.flatMap((option) => NO_COUNTS.map(([value, shown]) => [option, value, shown] as const)),
  // An object is a ttl that grows.
  ...SECONDS.flatMap((option) =>
    NO_TIMES.filter(([value]) => option !== 'ttl' || !isEmpty(value)).map(
      ([value, shown]) => [option, value, shown] as const,
    ),
  ),
  ...FUNCTIONS.flatMap((option) =>
    NO_FUNCTIONS.map(([value, shown]) => [option, value, shown] as const),
  ),
]

function thrownBy(action: () => unknown): Error {
  try {
    action()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Nothing was thrown')
}

const optionsOf = (options: unknown): object => options as object
const handlersOf = ({ interceptors }: AxiosInstance): unknown[] =>
  [interceptors.request, interceptors.response].flatMap(
    (manager) => Reflect.get(manager, 'handlers') as unknown[],
  )

describe.each(WRONG)('the option %s given %p', (option, value, shown) => {
  it('is refused by the constructor', () => {
    const error = thrownBy(() => new CircuitBreaker({ [option]: value }))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('Invalid options')
    expect(error.message).toContain('Expected')
    expect(error.message).toContain(`given ${shown}`)
    expect(error.message).toContain(`at ${option}`)
  })

  it('is refused by attach, which leaves nothing behind', () => {
    const breaker = new CircuitBreaker()
    const created = jest.fn()
    breaker.on('created', created)
    const users = axios.create()
    const error = thrownBy(() => breaker.attach(users, 'users', { [option]: value }))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('options of circuit "users"')
    expect(error.message).toContain(`given ${shown}`)
    expect(error.message).toContain(`at ${option}`)
    expect(handlersOf(users)).toEqual([])
    expect(breaker.circuits).toEqual([])
    expect(created).not.toHaveBeenCalled()
  })
})

function broken(): never {
  throw new Error('hunter2')
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('options', () => {
  it('may come from another realm, without a prototype, or as a module', () => {
    const bare: object = Object.assign(Object.create(null), { threshold: 1 })
    for (const given of [bare, runInNewContext('({ threshold: 1 })') as object]) {
      expect(() => new CircuitBreaker(given)).not.toThrow()
    }
  })

  it('that are promised say so', () => {
    const { message } = thrownBy(() => new CircuitBreaker(Promise.resolve() as object))
    expect(message).toContain('given a promise: await it first')
  })

  it.each([[[{ join: () => 1 }]], [new Uint8Array()], ['redis://:hunter2@host'], [{ join: 1 }]])(
    'do not accept %p as a storage',
    (storage) => {
      const error = thrownBy(() => new CircuitBreaker(optionsOf({ storage })))
      expect(error).toBeInstanceOf(ConfigError)
      expect(error.message).not.toContain('hunter2')
    },
  )

  it.each([
    ['null', null],
    ['a number', 5],
    ['a string', 'users'],
    ['a list', []],
    ['a function', () => undefined],
    ['a promise', Promise.resolve({ threshold: 1 })],
    ['a map', new Map([['threshold', 1]])],
    ['a set', new Set()],
    ['a date', new Date()],
    ['an error', new Error('down')],
    ['a URL', new URL('http://127.0.0.1/')],
    [
      'an instance of a class',
      new (class Options {
        readonly threshold = 1
      })(),
    ],
    ['what inherits its options', Object.create({ threshold: 1 })],
    ['a getter that throws', Object.defineProperty({}, 'ttl', { get: broken, enumerable: true })],
    ['a proxy that throws', new Proxy({}, { ownKeys: broken })],
    ['a proxy that was revoked', revoked()],
  ])('are refused as a whole when given %s', (_what, given) => {
    expect(thrownBy(() => new CircuitBreaker(optionsOf(given)))).toBeInstanceOf(ConfigError)
    const attach = () => new CircuitBreaker().attach(axios.create(), 'users', optionsOf(given))
    expect(thrownBy(attach)).toBeInstanceOf(ConfigError)
  })

  it('are refused with an unknown key, which is named, as are the known ones', () => {
    const { message } = thrownBy(() => new CircuitBreaker(optionsOf({ treshold: 3 })))
    expect(message).toContain('Expected an object with some of threshold, ttl,')
    expect(message).toMatch(/given "treshold"$/)
  })

  it('are refused with every fault named at once', () => {
    const { message } = thrownBy(() => new CircuitBreaker({ threshold: 0, ttl: -1 }))
    expect(message).toContain('at threshold')
    expect(message).toContain('at ttl')
  })

  it('that are undefined are left out', () => {
    const breaker = new CircuitBreaker({
      threshold: undefined,
      ttl: undefined,
      fallback: undefined,
    })
    expect(breaker.attach(axios.create(), 'users', { threshold: undefined }).state).toBe('closed')
  })

  it.each([
    { threshold: 1 },
    { ttl: 0.001 },
    { probeTimeout: 2_147_483 },
    { threshold: 1000, permits: 50 },
  ])('are taken at their limits: %p', (options) => {
    expect(() => new CircuitBreaker(options)).not.toThrow()
  })

  it('never show what an object holds', () => {
    const { message } = thrownBy(() => new CircuitBreaker(optionsOf({ ttl: { key: 'hunter2' } })))
    expect(message).not.toContain('hunter2')
  })

  it('are read once: changing the object later changes nothing', async () => {
    const options = { threshold: 2 }
    const users = axios.create({ adapter: () => Promise.reject(new Error('down')) })
    const circuit = new CircuitBreaker(options).attach(users, 'users')
    options.threshold = 100
    await users.get('/').catch(() => undefined)
    await users.get('/').catch(() => undefined)
    expect(circuit.state).toBe('opened')
  })
})

describe('a name', () => {
  it.each([undefined, null, '', 5, {}, Symbol('users')])('is refused when it is %p', (name) => {
    const users = axios.create()
    const error = thrownBy(() => new CircuitBreaker().attach(users, name as string))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('Invalid circuit name: expected a non-empty string')
    expect(handlersOf(users)).toEqual([])
  })

  it.each(['users', '__proto__', 'a b\n"', '🚀', 'constructor', ' '])('may be %p', (name) => {
    const breaker = new CircuitBreaker()
    expect(breaker.attach(axios.create(), name).name).toBe(name)
    expect(breaker.circuit(name)?.name).toBe(name)
  })
})

describe('an instance', () => {
  const nest = { axiosRef: axios.create() }
  it.each([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a string', 'axios', 'a string'],
    ['a function', () => undefined, 'a function'],
    ['an object', {}, 'an object'],
    ['half of one', { interceptors: { request: { use: () => 0 } } }, 'an object'],
    ['a HttpService of Nest', nest, 'an object with an axiosRef: attach to that'],
  ])('is refused when it is %s', (_what, instance, shown) => {
    const breaker = new CircuitBreaker()
    const error = thrownBy(() => breaker.attach(instance as AxiosInstance, 'users'))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toBe(`Invalid instance: expected an axios instance, given ${shown}`)
    expect(breaker.circuits).toEqual([])
  })

  it('may be axios itself', () => {
    const circuit = new CircuitBreaker().attach(axios, 'everything')
    circuit.detach()
    expect(handlersOf(axios).every((handler) => handler === null)).toBe(true)
  })

  it('that has another circuit of this breaker is refused, and keeps that one', () => {
    const breaker = new CircuitBreaker()
    const users = axios.create()
    const circuit = breaker.attach(users, 'users')
    const error = thrownBy(() => breaker.attach(users, 'people'))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('"people"')
    expect(error.message).toContain('"users"')
    expect(breaker.circuits).toEqual([circuit])
    expect(handlersOf(users)).toHaveLength(1)
  })
})

describe('a name that is attached already', () => {
  const attached = () => {
    const breaker = new CircuitBreaker({ threshold: 3 })
    breaker.attach(axios.create(), 'users', { ttl: 10 })
    return breaker
  }

  it.each([
    [{ ttl: 11 }, 'Expected 10, given 11', 'at ttl'],
    [{}, 'Expected 10, given 30', 'at ttl'],
    [{ ttl: 10, threshold: 4 }, 'Expected 3, given 4', 'at threshold'],
    [{ ttl: 10, fallback: () => 1 }, 'Expected undefined, given a function', 'at fallback'],
    [{ ttl: 10, outcome: () => undefined }, 'Expected undefined, given a function', 'at outcome'],
  ])('is refused with the options %p', (options, expected, path) => {
    const breaker = attached()
    const other = axios.create()
    const error = thrownBy(() => breaker.attach(other, 'users', options))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('"users" is already attached with other options')
    expect(error.message).toContain(expected)
    expect(error.message).toContain(path)
    expect(handlersOf(other)).toEqual([])
  })

  it.each([undefined, { ttl: 10 }, { ttl: 10, threshold: 3 }])(
    'is shared with the options %p',
    (options) => {
      const breaker = attached()
      expect(breaker.attach(axios.create(), 'users', options)).toBe(breaker.circuit('users'))
    },
  )

  it('is free again once it is detached', () => {
    const breaker = attached()
    breaker.circuit('users')?.detach()
    expect(breaker.attach(axios.create(), 'users', { ttl: 1 }).state).toBe('closed')
  })
})

describe('a function that is written inline', () => {
  const attachAll = (...options: CircuitOptions[]) => {
    const breaker = new CircuitBreaker({ threshold: 1 })
    const instances = options.map(() => axios.create({ adapter: () => Promise.reject(broken) }))
    instances.forEach((instance, index) => breaker.attach(instance, 'users', options[index]))
    return instances
  }
  const answering = (answer: string): CircuitOptions => ({ fallback: () => answer })

  it('may be attached again by the same line, and each instance asks its own', async () => {
    const [first, second] = attachAll(answering('one'), answering('two'))
    await first?.get('/').catch(() => undefined)
    expect((await first?.get('/'))?.data).toBe('one')
    expect((await second?.get('/'))?.data).toBe('two')
  })

  it('is refused if it reads otherwise, with what to do', () => {
    const { message } = thrownBy(() => attachAll(answering('one'), { fallback: () => 'other' }))
    expect(message).toContain('Expected the same function, given a different one\n  → at fallback')
    expect(message).toContain('Leave the options out for further instances')
  })

  it('does not equal another bound function, since their text says nothing', () => {
    const bound = (answer: string) => ({ fallback: String.bind(undefined, answer) })
    expect(() => attachAll(bound('one'), bound('two'))).toThrow(ConfigError)
    const one = bound('one')
    expect(() => attachAll(one, one)).not.toThrow()
  })
})

describe('a ttl above an hour', () => {
  let warnings: jest.SpyInstance
  beforeEach(() => {
    warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  })
  afterEach(() => warnings.mockRestore())

  it('causes one warning per breaker, that it is in seconds', () => {
    const breaker = new CircuitBreaker({ ttl: 30_000 })
    breaker.attach(axios.create(), 'users')
    breaker.attach(axios.create(), 'orders', { ttl: 40_000 })
    expect(warnings.mock.calls).toEqual([
      ['axios-breaker: ttl is in seconds: 30000 opens the circuits for 8 h'],
    ])
  })

  it('of a single circuit causes a warning that names the circuit', () => {
    const breaker = new CircuitBreaker()
    breaker.attach(axios.create(), 'a\nb', { ttl: 3601 })
    expect(warnings).toHaveBeenCalledWith(expect.stringContaining(String.raw`circuit "a\nb" for`))
  })

  it('is needed for the warning: an hour causes none', () => {
    new CircuitBreaker({ ttl: 3600 }).attach(axios.create(), 'users')
    expect(warnings).not.toHaveBeenCalled()
  })
})

it.each(['request', 'response'] as const)('attaches all or nothing if %s.use throws', (phase) => {
  const users = axios.create()
  const use = jest.spyOn(users.interceptors[phase], 'use').mockImplementation(broken)
  const breaker = new CircuitBreaker({ fallback: () => 1 })
  expect(() => breaker.attach(users, 'users')).toThrow('hunter2')
  expect(handlersOf(users).filter(Boolean)).toEqual([])
  expect(breaker.circuits).toEqual([])
  use.mockRestore()
  expect(breaker.attach(users, 'users').state).toBe('closed')
})

describe('circuitBreaker in a request', () => {
  const attached = () => {
    const adapter = jest.fn(async (config: InternalAxiosRequestConfig) => ({
      data: 1,
      status: 200,
      statusText: 'OK',
      headers: {},
      config,
    }))
    const users = axios.create({ adapter })
    return { users, adapter, circuit: new CircuitBreaker().attach(users, 'users') }
  }

  it.each(['false', 'hunter2', 0, 1, null, {}, () => false])(
    'is refused when it is %p',
    async (given) => {
      const { users, adapter, circuit } = attached()
      const option = { circuitBreaker: given } as AxiosRequestConfig
      const error: unknown = await users.get('/', option).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(ConfigError)
      expect(String(error)).toContain(
        'circuitBreaker of a request: expected true, false or undefined',
      )
      expect(String(error)).not.toContain('hunter2')
      expect(adapter).not.toHaveBeenCalled()
      expect(circuit.failureCount).toBe(0)
    },
  )

  it.each([true, false, undefined])('may be %p', async (circuitBreaker) => {
    const { users } = attached()
    expect((await users.get('/', { circuitBreaker })).status).toBe(200)
  })
})

it('uses the defaults for options that are undefined', async () => {
  const breaker = new CircuitBreaker({ threshold: 1, ttl: undefined, now: () => 0 })
  const users = axios.create({ adapter: () => Promise.reject(broken) })
  const circuit = breaker.attach(users, 'users', { threshold: undefined })
  await users.get('/').catch(() => undefined)
  expect(circuit).toMatchObject({ state: 'opened', retryAfter: 30 })
})
