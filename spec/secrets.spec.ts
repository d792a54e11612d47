/** No message, event, inspection or JSON shows anything of an invalid option. */
import { inspect } from 'node:util'
import axios from 'axios'
import fc from 'fast-check'
import { CircuitBreaker, ConfigError, NotInitializedError, OpenedStateError } from '../lib/index.js'
import { RedisStorage } from '../lib/redis/index.js'

const MARK = 'hunter2'

const OPTIONS = ['threshold', 'ttl', 'permits', 'probeTimeout', 'outcome', 'fallback', 'storage']
const UNKNOWN = ['password', 'auth', 'url', 'client', 'prefix', 'lease', 'quorum', '__proto__']

const secret = fc.oneof(
  fc.constantFrom(
    MARK,
    `redis://:${MARK}@127.0.0.1`,
    `Bearer ${MARK}`,
    [MARK],
    { password: MARK },
    new Map([[MARK, MARK]]),
    new Error(MARK),
    Promise.resolve(MARK),
    Symbol(MARK),
    () => MARK,
    new URL(`redis://:${MARK}@127.0.0.1`),
    Buffer.from(MARK),
  ),
  fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}${MARK}${after}`),
)
const given = fc.oneof(
  secret,
  fc.dictionary(fc.constantFrom(...OPTIONS, ...UNKNOWN), secret, { minKeys: 1 }),
)

function traceOf(action: () => unknown): string {
  try {
    action()
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [String(error), error.stack, inspect(error), JSON.stringify(error)].join('\n')
  }
}

it('no value of an option is shown, whether the option is wrong, unknown or misplaced', () => {
  const warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  fc.assert(
    fc.property(given, (options) => {
      const breaker = new CircuitBreaker()
      const traces = [
        () => new CircuitBreaker(options as object),
        () => breaker.attach(axios.create(), 'users', options as object),
        () => breaker.attach(options as never, 'users'),
        () => breaker.on('failed', options as never),
        () => new RedisStorage(options as never),
      ].map(traceOf)
      expect(traces.join('\n').replaceAll(__filename, '')).not.toContain(MARK)
    }),
  )
  expect(warnings).not.toHaveBeenCalledWith(expect.stringContaining(MARK))
  warnings.mockRestore()
})

const SIGHT = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u

describe('a name', () => {
  it('forges no line, whatever it is', () => {
    const unit = fc.oneof(
      fc.constantFrom(
        '\n',
        '\r',
        '\u2028',
        '\u2029',
        '\u001B[31m',
        '\u0085',
        '\u202E',
        '\u2066',
        '"',
      ),
      fc.string({ unit: 'binary', maxLength: 2 }),
    )
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1 }), (name) => {
        const messages = [
          new OpenedStateError(name, { state: 'opened', retryAfter: 1 }).message,
          new NotInitializedError(name).message,
          messageOf(name, { ttl: 0 }),
          messageOf(name, { ttl: 2 }, { ttl: 3 }),
        ].map((message) => message.replaceAll(/\n(?=✖|  →|Leave)/g, ''))
        for (const message of messages) expect(message).toMatch(SIGHT)
      }),
    )
  })

  it('is cut in a message, and whole in the error', () => {
    const name = 'x'.repeat(10_000)
    const error = new OpenedStateError(name, { state: 'opened', retryAfter: 1 })
    expect(error.message.length).toBeLessThan(200)
    expect(error.circuit).toBe(name)
  })
})

function messageOf(name: string, ...options: readonly object[]): string {
  const breaker = new CircuitBreaker()
  return traceless(() => options.forEach((each) => breaker.attach(axios.create(), name, each)))
}

function traceless(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigError) return error.message
  }
  throw new Error('Nothing was refused')
}
