/** Whatever an adapter ends with: the caller gets it, the attempt is recorded once, and no permit leaks. */
import { runInNewContext } from 'node:vm'
import axios, { type AxiosAdapter } from 'axios'
import fc from 'fast-check'
import { CircuitBreaker } from '../../lib/index.js'

const broken = (): never => {
  throw new Error('of a getter')
}

/** Wrapped in a function, because fast-check inspects the values that it generates. */
type Made = () => unknown

const TRAPS = ['get', 'has', 'getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor'] as const
const proxied = fc.subarray([...TRAPS], { minLength: 1 }).map((traps): Made => {
  const handler = Object.fromEntries(traps.map((trap) => [trap, broken]))
  return () => new Proxy(new Error('x'), handler)
})

const KEYS = [
  'config',
  'status',
  'data',
  'headers',
  'code',
  'message',
  'response',
  'cause',
  'request',
  'name',
]
const odd = fc.oneof(
  fc.anything().map(
    (value): Made =>
      () =>
        value,
  ),
  fc.constantFrom<Made>(
    () => Symbol('s'),
    () => 5n,
    () => Object.create(null) as unknown,
    () => Object.freeze({ status: 500 }),
    revoked,
  ),
  proxied,
)
const withGetters = fc
  .tuple(fc.subarray(KEYS), fc.array(fc.tuple(fc.constantFrom(...KEYS), odd)))
  .map(([getters, values]): Made => () => {
    const made: object = Object.fromEntries(values.map(([key, make]) => [key, make()]))
    for (const key of getters) Object.defineProperty(made, key, { get: broken, enumerable: true })
    return made
  })
const hostile = fc.oneof(odd, withGetters)

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

type Ending = readonly [what: 'resolved' | 'rejected', value: unknown]

/** A request whose adapter is called by axios alone, or by the guard of a half-opened circuit. */
async function endOf(adapter: AxiosAdapter): Promise<Ending> {
  const instance = axios.create({ adapter })
  return instance.get('/').then(
    (value): Ending => ['resolved', value],
    (error: unknown): Ending => ['rejected', error],
  )
}

async function guardedEndOf(adapter: AxiosAdapter, hears: boolean) {
  let seconds = 0
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => seconds * 1000)
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 1 })
  if (hears) breaker.on('attempted', () => undefined)
  let current: AxiosAdapter = () => Promise.reject(new Error('down'))
  const users = axios.create({ adapter: (config) => current(config) })
  const circuit = breaker.attach(users, 'users')
  await users.get('/').catch(() => undefined)
  seconds += 2
  current = adapter
  const end = await users.get('/').then(
    (value): Ending => ['resolved', value],
    (error: unknown): Ending => ['rejected', error],
  )
  seconds += 2
  current = async (config) => ({ data: 1, status: 200, statusText: 'OK', headers: {}, config })
  const { status } = await users.get('/')
  clock.mockRestore()
  return { end, status, state: circuit.state }
}

const WAYS = ['resolves', 'rejects', 'throws'] as const

it.each(WAYS)(
  'an adapter that %s with anything at all',
  async (way) => {
    await fc.assert(
      fc.asyncProperty(hostile, fc.boolean(), async (make, hears) => {
        const value = make()
        const adapter = (): Promise<never> => {
          if (way === 'resolves') return Promise.resolve(value as never)
          // oxlint-disable-next-line typescript/only-throw-error, typescript/prefer-promise-reject-errors -- adapters do
          if (way === 'rejects') return Promise.reject(value)
          // oxlint-disable-next-line typescript/only-throw-error -- adapters do
          throw value
        }
        const [bare] = await endOf(adapter)
        const { end, status, state } = await guardedEndOf(adapter, hears)
        expect(end[0]).toBe(bare)
        expect({ status, state }).toEqual({ status: 200, state: 'closed' })
      }),
      { numRuns: 100 },
    )
  },
  30_000,
)

const answer = { status: 200, data: 1, headers: {} }
type Then = (onAnswer: (value: unknown) => unknown, onError: (error: unknown) => unknown) => unknown

// oxlint-disable-next-line unicorn/no-thenable -- such promises exist
const thenable = (then: Then): object => ({ then })

const PROMISES: readonly [string, Made][] = [
  ['calls back twice', () => thenable((onAnswer) => [onAnswer(answer), onAnswer(answer)][1])],
  [
    'answers, and fails all the same',
    () => thenable((onAnswer, onError) => [onAnswer(answer), onError(new Error('late'))][1]),
  ],
  ['has a then that throws', () => thenable(broken)],
  // oxlint-disable-next-line unicorn/no-thenable -- such promises exist
  ['has a getter in place of its then', () => Object.defineProperty({}, 'then', { get: broken })],
  [
    'has a then of its own that throws',
    () => Object.assign(Promise.resolve(answer), thenable(broken)),
  ],
  [
    'has no constructor that can be read',
    () => Object.defineProperty(Promise.resolve(answer), 'constructor', { get: broken }),
  ],
  ['is of another realm', () => runInNewContext('Promise.resolve({ status: 200 })')],
  ['is of a class of its own', () => new (class extends Promise<unknown> {})((ok) => ok(answer))],
  ['is none', () => undefined],
]

describe.each(PROMISES)('an adapter whose promise %s', (_what, make) => {
  it.each([false, true])(
    'ends as without a circuit, and is recorded (with listeners: %s)',
    async (hears) => {
      const [bare, reason] = await endOf(() => make() as never)
      const { end, status, state } = await guardedEndOf(() => make() as never, hears)
      expect(end[0]).toBe(bare)
      expect(bare === 'rejected' && typeof end[1]).toBe(bare === 'rejected' && typeof reason)
      expect({ status, state }).toEqual({ status: 200, state: 'closed' })
    },
  )
})

it('counts once what a promise calls back twice', async () => {
  const failing = thenable((onAnswer) => [onAnswer({ status: 503 }), onAnswer({ status: 503 })][1])
  const users = axios.create({ adapter: () => failing as never, validateStatus: null })
  const circuit = new CircuitBreaker().attach(users, 'users')
  await users.get('/')
  expect(circuit.failureCount).toBe(1)
})

describe('what cannot be read', () => {
  const unreadable = new Proxy({}, { get: broken, has: broken })
  const withResponse = { response: unreadable }
  const unread = Object.defineProperty({}, 'status', { get: broken })
  // Without axios in between, which reads it too.
  const endings: readonly [string, AxiosAdapter, unknown][] = [
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- adapters do
    ['an error', () => Promise.reject(unreadable), unreadable],
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- adapters do
    ['the answer of an error', () => Promise.reject(withResponse), withResponse],
    ['an answer', () => Promise.resolve(unread as never), unread],
  ]

  it.each(endings)(
    'counts as a failure if it is %s, and is passed on',
    async (_what, adapter, value) => {
      const circuit = new CircuitBreaker().attach(axios.create(), 'users')
      const config = { headers: new axios.AxiosHeaders() }
      // Not returned from a promise, which would read its `then`.
      let end: unknown
      const keep = (ended: unknown): void => void (end = ended)
      await circuit.guard(adapter)(config).then(keep, keep)
      expect(Object.is(end, value)).toBe(true)
      expect(circuit.failureCount).toBe(1)
    },
  )
})
