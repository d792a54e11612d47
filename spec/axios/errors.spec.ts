/** A refusal is an AxiosError that shows nothing of the request, and costs next to nothing. */
import { inspect } from 'node:util'
import axios, { AxiosError, isCancel } from 'axios'
import { CircuitBreaker, ConfigError, OpenedStateError } from '../../lib/index.js'
import { inCollected } from '../support/collected.js'

const SECRET = 'hunter2'

/** A circuit that is opened, and a request that carries the secret wherever a request can. */
function openedWithSecrets() {
  const users = axios.create({
    baseURL: `http://user:${SECRET}@127.0.0.1:9/${SECRET}`,
    headers: { authorization: `Bearer ${SECRET}` },
    adapter: () => Promise.reject(new Error('down')),
  })
  const circuit = new CircuitBreaker({ threshold: 1, ttl: 60 }).attach(users, 'users')
  const request = () =>
    users.post(
      `/${SECRET}`,
      { password: SECRET },
      { params: { token: SECRET }, auth: { username: 'admin', password: SECRET } },
    )
  return { circuit, request }
}

async function refusal(): Promise<OpenedStateError> {
  const { request } = openedWithSecrets()
  await request().catch(() => undefined)
  const error: unknown = await request().catch((thrown: unknown) => thrown)
  if (!(error instanceof OpenedStateError)) throw error
  return error
}

describe('OpenedStateError', () => {
  it('names the circuit, its state, and when to come back', async () => {
    const error = await refusal()
    expect(error).toMatchObject({
      name: 'OpenedStateError',
      code: 'ERR_CIRCUIT_OPENED',
      circuit: 'users',
      state: 'opened',
    })
    expect(error.retryAfter).toBeGreaterThan(59)
    expect(error.retryAfter).toBeLessThanOrEqual(60)
    expect(error.message).toMatch(/^Circuit "users" is opened: retry in (60|59\.\d) s$/)
  })

  it('is an AxiosError of a request that was not sent, and no cancellation', async () => {
    const error = await refusal()
    expect(error).toBeInstanceOf(AxiosError)
    expect(error).toBeInstanceOf(Error)
    expect(axios.isAxiosError(error)).toBe(true)
    expect(isCancel(error)).toBe(false)
    expect(error.request).toBeUndefined()
    expect(error.response).toBeUndefined()
    expect(error.config?.url).toBe(`/${SECRET}`)
  })

  it('is a new one for each refusal', async () => {
    const { request } = openedWithSecrets()
    const errors = await Promise.all([1, 2, 3].map(() => request().catch((e: unknown) => e)))
    expect(new Set(errors).size).toBe(3)
  })

  it.each<[string, (error: OpenedStateError) => string]>([
    ['JSON.stringify', (error) => JSON.stringify(error)],
    ['JSON.stringify of what holds it', (error) => JSON.stringify({ error, list: [error] })],
    ['util.inspect', (error) => inspect(error, { depth: Infinity })],
    ['util.inspect of what holds it', (error) => inspect({ error }, { depth: Infinity })],
    [
      'util.inspect of what is hidden',
      (error) => inspect(error, { depth: Infinity, showHidden: true }),
    ],
    // oxlint-disable-next-line typescript/no-misused-spread -- as many a logger does
    ['spread', (error) => inspect({ ...error }, { depth: Infinity })],
    ['Object.assign', (error) => inspect(Object.assign({}, error), { depth: Infinity })],
    ['structuredClone', (error) => inspect(structuredClone(error), { depth: Infinity })],
    ['String', (error) => String(error)],
    ['the stack', (error) => String(error.stack)],
    ['an error that it caused', (error) => inspect(new Error('outer', { cause: error }))],
    [
      'for in',
      (error) =>
        keysOf(error)
          .map((key) => inspect(Reflect.get(error, key)))
          .join(),
    ],
  ])('leaks nothing of the request through %s', async (_what, show) => {
    const shown = show(await refusal())
    expect(shown).toMatch(/users|outer|Error/)
    expect(shown).not.toContain(SECRET)
  })

  it('is distinguished from objects that only look like it', () => {
    class Own extends OpenedStateError {}
    const error = new OpenedStateError('users', { state: 'opened', retryAfter: 1 })
    expect(new Own('users', { state: 'half-opened', retryAfter: 0 })).toBeInstanceOf(Own)
    expect(error).not.toBeInstanceOf(Own)
    expect(error).not.toBeInstanceOf(ConfigError)
    expect(new AxiosError('down')).not.toBeInstanceOf(OpenedStateError)
    for (const value of [null, undefined, 'OpenedStateError', {}]) {
      expect(value instanceof OpenedStateError).toBe(false)
    }
  })

  it('does not change the stacks of other errors', async () => {
    const before = Error.stackTraceLimit
    await refusal()
    expect(Error.stackTraceLimit).toBe(before)
    expect(new Error('elsewhere').stack).toContain('errors.spec')
  })
})

/** In a process of its own: under jest a refusal takes ten times as long. */
describe('20,000 refusals', () => {
  it('leave nothing in memory', async () => {
    const found = await inCollected<{ areFreed: boolean; isSmall: boolean }>(`
      const adapter = () => Promise.reject(new Error('down'))
      const users = axios.create({ adapter, headers: { authorization: 'x'.repeat(100) } })
      new CircuitBreaker({ threshold: 1, ttl: 60 }).attach(users, 'users')
      await users.get('/').catch(() => undefined)
      const refuse = async (times) => {
        const kept = []
        for (let i = 0; i < times; i += 1) {
          const error = await users.get('/').catch((thrown) => thrown)
          if (error.code !== 'ERR_CIRCUIT_OPENED') throw error
          if (i % 1000 === 0) kept.push(new WeakRef(error))
        }
        return kept
      }
      await refuse(5000)
      const before = await settled()
      const samples = await refuse(20_000)
      const areFreed = await collected(() => alive(samples) <= 1)
      // If each refusal left a single reference of 8 bytes, that would be 160 kB.
      const isSmall = await collected(() => process.memoryUsage().heapUsed - before < 100_000)
      console.log(JSON.stringify({ areFreed, isSmall }))`)
    expect(found).toEqual({ areFreed: true, isSmall: true })
  }, 60_000)
})

function keysOf(error: object): string[] {
  const keys: string[] = []
  for (const key in error) keys.push(key)
  return keys
}
