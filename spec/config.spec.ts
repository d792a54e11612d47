/** Bad input is refused at once, with the option, the value and what was expected; and nothing is half attached. */
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker, ConfigError } from '../lib/index.js'

const COUNTS = ['threshold', 'permits']
const SECONDS = ['ttl', 'probeTimeout']
const FUNCTIONS = ['outcome', 'fallback']

const NO_NUMBERS: readonly (readonly [unknown, string])[] = [
  [null, 'null'],
  ['5', '"5"'],
  ['', '""'],
  [true, 'true'],
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
  [0, '0'],
  [-1, '-1'],
  [10n, '10'],
  [{}, 'an object'],
  [[5], 'an object'],
  [() => 5, 'a function'],
  [new Date(), 'an object'],
]
const NO_COUNTS = [...NO_NUMBERS, [1.5, '1.5'], [2 ** 53, '9007199254740992']] as const
const NO_FUNCTIONS = [
  [null, 'null'],
  ['ignored', '"ignored"'],
  [1, '1'],
  [false, 'false'],
  [{}, 'an object'],
] as const

const WRONG: readonly (readonly [option: string, value: unknown, shown: string])[] = [
  ...COUNTS.flatMap((option) => NO_COUNTS.map(([value, shown]) => [option, value, shown] as const)),
  ...SECONDS.flatMap((option) =>
    NO_NUMBERS.map(([value, shown]) => [option, value, shown] as const),
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

describe('options', () => {
  it.each([null, 5, 'users', [], () => undefined])(
    'are refused as a whole when given %p',
    (given) => {
      expect(thrownBy(() => new CircuitBreaker(optionsOf(given)))).toBeInstanceOf(ConfigError)
      const attach = () => new CircuitBreaker().attach(axios.create(), 'users', optionsOf(given))
      expect(thrownBy(attach)).toBeInstanceOf(ConfigError)
    },
  )

  it('are refused with an unknown key, which is named, as are the known ones', () => {
    const { message } = thrownBy(() => new CircuitBreaker(optionsOf({ treshold: 3 })))
    expect(message).toContain('Expected an object with some of threshold, ttl,')
    expect(message).toContain('given "treshold": 3')
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

  it.each([{ threshold: 1 }, { ttl: 0.001 }, { ttl: 86_400 }, { threshold: 1000, permits: 50 }])(
    'are taken at their limits: %p',
    (options) => {
      expect(() => new CircuitBreaker(options)).not.toThrow()
    },
  )

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
    expect(error.message).toContain('Invalid circuit name: expected a string that is not empty')
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
