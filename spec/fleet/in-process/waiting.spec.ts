/** A request that waits for a permit. The spec decides when the storage answers. */
import { setImmediate as turn } from 'node:timers/promises'
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker, OpenedStateError, type Circuit } from '../../../lib/index.js'
import type { Answer, Question } from '../../../lib/fleet/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { errorOf } from '../../support/plugin-harness.js'
import { until } from '../../support/until.js'
import { Upstream } from '../../support/upstream.js'
import { Wrapped } from './wrapped.js'

const TTL = 0.05
const PATIENCE = 30

/** Holds the questions for a permit until the spec releases them. */
class Slow extends Wrapped {
  readonly waiting: (() => void)[] = []

  constructor(permitDeadline = PATIENCE) {
    super(new MemoryStorage(), { permitDeadline })
  }

  protected async answer({ op }: Question, ask: () => Promise<Answer>): Promise<Answer> {
    if (op === 'acquire') await new Promise<void>((resolve) => void this.waiting.push(resolve))
    return ask()
  }

  /** Answers the question that has waited longest. */
  async release(): Promise<void> {
    await until('a permit is asked for', () => this.waiting.length > 0)
    this.waiting.shift()?.()
  }
}

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

interface FleetHarness {
  readonly users: AxiosInstance
  readonly circuit: Circuit
  readonly breaker: CircuitBreaker
}

/** A circuit that is due: opened, and its ttl over. The service is back. */
async function startDue(storage: Slow, permits = 1): Promise<FleetHarness> {
  const breaker = new CircuitBreaker({ storage, threshold: 1, ttl: TTL, permits })
  const users = axios.create({ baseURL: upstream.origin })
  const circuit = breaker.attach(users, 'users')
  await breaker.init()
  upstream.status = 500
  await errorOf(users.get('/'))
  await breaker.flush()
  await until('the ttl is over', () => circuit.state === 'half-opened')
  upstream.status = 200
  upstream.hits = 0
  return { users, circuit, breaker }
}

describe('a request that waits for a permit', () => {
  it('is sent as the probe once it has the permit, and others are refused until then', async () => {
    const storage = new Slow()
    const { users, circuit } = await startDue(storage)
    const probe = users.get('/')
    await until('it waits', () => storage.waiting.length === 1)
    const refusal = await errorOf(users.get('/'))
    expect(refusal).toBeInstanceOf(OpenedStateError)
    expect(refusal).toMatchObject({ state: 'half-opened', retryAfter: 0 })
    await storage.release()
    expect((await probe).status).toBe(200)
    expect(circuit.state).toBe('closed')
    expect(upstream.hits).toBe(1)
  })

  it.each([
    ['AbortController', (stop: AbortController) => ({ signal: stop.signal })],
    [
      'CancelToken',
      (stop: AbortController) => {
        const source = axios.CancelToken.source()
        stop.signal.addEventListener('abort', () => source.cancel())
        return { cancelToken: source.token }
      },
    ],
  ])(
    'never reaches the service if it is cancelled by %s, and gives the permit back',
    async (_what, by) => {
      const storage = new Slow()
      const { users, circuit } = await startDue(storage)
      const stop = new AbortController()
      const cancelled = users.get('/', by(stop))
      await until('it waits', () => storage.waiting.length === 1)
      stop.abort()
      await storage.release()
      expect(axios.isCancel(await errorOf(cancelled))).toBe(true)
      await circuit.ready()
      expect(upstream.hits).toBe(0)
      const next = users.get('/')
      await storage.release()
      expect((await next).status).toBe(200)
      expect(circuit.state).toBe('closed')
    },
  )

  it('is sent after the deadline by local results, and gives back a permit that comes too late', async () => {
    const storage = new Slow(0.02)
    const { users, circuit, breaker } = await startDue(storage)
    const received: string[] = []
    breaker.on('storageLost', ({ reason }) => void received.push(reason))
    breaker.on('recovered', () => void received.push('recovered'))
    expect((await users.get('/')).status).toBe(200)
    expect(received).toEqual(['No answer from the storage within 0.02 s', 'recovered'])
    await until('the storage is found again', () => breaker.storageUp === true)
    await storage.release()
    await until('the late permit is given back', async () => {
      const next = users.get('/').catch(() => undefined)
      await turn()
      storage.waiting.shift()?.()
      return (await next)?.status === 200
    })
    expect(circuit.state).toBe('closed')
    expect(upstream.hits).toBe(2)
  })
})
