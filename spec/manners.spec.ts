/** What a circuit shows of itself, and when it says to come back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { reactive, ref } from '@vue/reactivity'
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker, OpenedStateError, type Circuit } from '../lib/index.js'
import { TestClock } from '../lib/testing/index.js'
import { errorOf } from './support/plugin-harness.js'
import { until } from './support/until.js'
import { Upstream } from './support/upstream.js'

const SECRET = 'this is nobody else’s business'

let upstream: Upstream
beforeEach(async () => {
  upstream = await Upstream.start()
})
afterEach(() => upstream.stop())

interface Stage {
  readonly breaker: CircuitBreaker
  readonly circuit: Circuit
  readonly clock: TestClock
  readonly users: AxiosInstance
}

function stage(options: { ttl?: number; permits?: number; probeTimeout?: number } = {}): Stage {
  const clock = new TestClock()
  const breaker = new CircuitBreaker({ threshold: 2, ttl: 30, now: clock.now, ...options })
  const headers = { authorization: SECRET }
  const users = axios.create({ baseURL: upstream.origin, headers, params: { token: SECRET } })
  return { breaker, clock, users, circuit: breaker.attach(users, 'users') }
}

async function open({ users }: Stage): Promise<OpenedStateError> {
  await errorOf(users.get('/status/500'))
  await errorOf(users.get('/status/503', { data: SECRET }))
  return (await errorOf(users.get('/'))) as OpenedStateError
}

describe('what is shown', () => {
  const reading = {
    name: 'users',
    state: 'opened',
    failureCount: 2,
    retryAfter: 30,
    cause: 'streak',
    round: 1,
    lastFailure: { code: 'ERR_BAD_RESPONSE', status: 503 },
  }

  it('of a circuit and of a breaker is what there is to know, in JSON', async () => {
    const scene = stage()
    expect(JSON.parse(JSON.stringify(scene.circuit))).toEqual({
      ...reading,
      state: 'closed',
      failureCount: 0,
      retryAfter: 0,
      cause: undefined,
      round: undefined,
      lastFailure: undefined,
    })
    await open(scene)
    expect(JSON.parse(JSON.stringify(scene.circuit))).toEqual(reading)
    expect(JSON.parse(JSON.stringify(scene.breaker))).toEqual({ circuits: [reading] })
  })

  it('is the same in util.inspect', async () => {
    const scene = stage()
    await open(scene)
    const shown = inspect(scene.circuit)
    expect(shown).toMatch(/^Circuit {/)
    for (const text of Object.keys(reading)) expect(shown).toContain(text)
    for (const text of ["'opened'", '503', '30']) expect(shown).toContain(text)
    expect(inspect({ all: scene.breaker }, { depth: 5 })).toMatch(/CircuitBreaker {[^]*'opened'/)
  })

  it('contains nothing of the request', async () => {
    const scene = stage()
    const error = await open(scene)
    for (const value of [scene.circuit, scene.breaker, error, scene.circuit.lastFailure]) {
      const shown = inspect(value, { depth: Infinity, showHidden: true }) + JSON.stringify(value)
      expect(shown).not.toContain(SECRET)
      expect(shown).not.toContain(upstream.origin)
    }
  })

  it('of a name stays on one line of a log', () => {
    const circuit = new CircuitBreaker().attach(axios.create(), 'users\nERROR all is lost')
    expect(JSON.stringify(circuit)).not.toContain('\n')
    expect(inspect(circuit, { breakLength: Infinity })).not.toContain('\nERROR')
  })
})

describe('lastFailure', () => {
  it('is there once a failure has counted, and says why a request is refused', async () => {
    const scene = stage()
    expect(scene.circuit.lastFailure).toBeUndefined()
    await errorOf(scene.users.get('/status/404'))
    expect(scene.circuit.lastFailure).toBeUndefined()
    const error = await open(scene)
    expect(error.lastFailure).toEqual({ code: 'ERR_BAD_RESPONSE', status: 503 })
    expect(scene.circuit.lastFailure).toEqual(error.lastFailure)
    expect(JSON.parse(JSON.stringify(error)).lastFailure).toEqual(error.lastFailure)
  })

  it('has only a code if there was no answer', async () => {
    const { circuit, users } = stage()
    await errorOf(users.get('/reset'))
    expect(circuit.lastFailure).toEqual({ code: 'ECONNRESET' })
  })
})

describe('retryAfter', () => {
  it('is a time after which a timer gets no refusal', async () => {
    const users = axios.create({ baseURL: upstream.origin })
    const circuit = new CircuitBreaker({ threshold: 1, ttl: 0.02 }).attach(users, 'users')
    const again: unknown[] = []
    while (again.length < 40) {
      await errorOf(users.get('/status/500'))
      const refusal: unknown = await users.get('/').catch((error: unknown) => error)
      // On a busy machine the ttl may be over by now: such a round says nothing.
      if (!(refusal instanceof OpenedStateError)) continue
      const { retryAfter } = refusal
      expect(retryAfter).toBeLessThanOrEqual(0.02)
      await sleep(retryAfter * 1000)
      again.push(await errorOf(users.get('/status/500')))
      await sleep(circuit.retryAfter * 1000)
      await users.get('/')
      expect(circuit.state).toBe('closed')
    }
    expect(again.filter((error) => error instanceof OpenedStateError)).toEqual([])
  })
})

describe('ready()', () => {
  /** Names of the callers, in the order in which they were released. */
  const waiters = (circuit: Circuit, ...names: string[]) => {
    const gone: string[] = []
    for (const name of names) void circuit.ready().then(() => gone.push(name))
    return gone
  }

  it('resolves at once while closed', async () => {
    const { circuit } = stage()
    await circuit.ready()
    await circuit.ready({})
    expect(circuit.state).toBe('closed')
  })

  it('waits for the end of the ttl, by the clock that is given', async () => {
    const scene = stage()
    await open(scene)
    const gone = waiters(scene.circuit, 'first')
    await sleep(250)
    expect(gone).toEqual([])
    scene.clock.advance(30)
    await until('it is let go', () => gone.length === 1)
    expect(scene.circuit.state).toBe('half-opened')
  })

  it('releases one caller at a time while half-opened, and all once it is closed', async () => {
    const scene = stage()
    await open(scene)
    const gone = waiters(scene.circuit, 'first', 'second', 'third')
    scene.clock.advance(31)
    await until('one is let go', () => gone.length > 0)
    const probe = scene.users.get('/hold')
    await until('the probe is in flight', () => upstream.held.length === 1)
    await sleep(250)
    expect(gone).toEqual(['first'])
    upstream.release(200)
    await probe
    await until('all are let go', () => gone.length === 3)
    expect(gone).toEqual(['first', 'second', 'third'])
  })

  it('waits for another ttl after a failed probe', async () => {
    const scene = stage()
    await open(scene)
    const gone = waiters(scene.circuit, 'first', 'second')
    scene.clock.advance(31)
    await until('one is let go', () => gone.length > 0)
    await errorOf(scene.users.get('/status/500'))
    await sleep(250)
    expect(gone).toEqual(['first'])
    scene.clock.advance(31)
    await until('the next is let go', () => gone.length === 2)
  })

  it('releases the next caller if a probe is cancelled, never ends, or is never sent', async () => {
    const scene = stage({ probeTimeout: 60 })
    await open(scene)
    const gone = waiters(scene.circuit, 'cancels', 'hangs', 'dawdles', 'last')
    scene.clock.advance(31)
    await until('one is let go', () => gone.length === 1)
    const cancelling = new AbortController()
    const cancelled = errorOf(scene.users.get('/hold', { signal: cancelling.signal }))
    await until('it is in flight', () => upstream.held.length === 1)
    cancelling.abort()
    await cancelled
    await until('the next is let go', () => gone.length === 2)
    const hanging = errorOf(scene.users.get('/hang'))
    await until('it is in flight', () => upstream.hits === 4)
    scene.clock.advance(61)
    await until('the last is let go', () => gone.length === 4)
    await upstream.stop()
    await hanging
  })

  it('ends with the reason of its signal, before and after it began', async () => {
    const scene = stage()
    await open(scene)
    const reason = new Error('shutting down')
    await expect(scene.circuit.ready({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const stopping = new AbortController()
    const waiting = scene.circuit.ready({ signal: stopping.signal })
    const gone = waiters(scene.circuit, 'other')
    stopping.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    scene.clock.advance(31)
    await until('the other is let go', () => gone.length === 1)
  })

  it('releases everybody once the circuit is detached', async () => {
    const scene = stage()
    await open(scene)
    const gone = waiters(scene.circuit, 'first', 'second')
    scene.circuit.detach()
    await until('all are let go', () => gone.length === 2)
    await scene.circuit.ready()
  })
})

describe('a circuit that is wrapped', () => {
  const wraps: [string, <Value extends object>(value: Value) => Value][] = [
    ["Vue's reactive", (value) => reactive({ value }).value as typeof value],
    ["Vue's ref", (value) => ref(value).value as typeof value],
    ['a proxy', (value) => new Proxy(value, {})],
    ['a proxy of a proxy', (value) => new Proxy(new Proxy(value, {}), {})],
    [
      'a proxy that logs',
      (value) =>
        new Proxy(value, { get: (target, key, receiver) => Reflect.get(target, key, receiver) }),
    ],
    ['an object that inherits from it', (value) => Object.create(value) as typeof value],
  ]

  it.each(wraps)('in %s works as before', async (_what, wrap) => {
    const scene = stage()
    const breaker = wrap(scene.breaker)
    const circuit = wrap(scene.circuit)
    const heard = jest.fn()
    const off = breaker.on('rejected', heard)
    const error = wrap(await open(scene))
    expect(error).toBeInstanceOf(OpenedStateError)
    expect(error.retryAfter).toBe(30)
    expect(heard).toHaveBeenCalledTimes(1)
    off()
    expect(circuit).toMatchObject({ name: 'users', state: 'opened', failureCount: 2 })
    expect(circuit.retryAfter).toBe(30)
    expect(circuit.lastFailure?.status).toBe(503)
    expect(JSON.stringify(circuit)).toBe(JSON.stringify(scene.circuit))
    expect(JSON.stringify(breaker)).toBe(JSON.stringify(scene.breaker))
    expect(inspect(circuit)).toContain('opened')
    expect(breaker.attach(scene.users, 'users').name).toBe('users')
    expect(breaker.circuit('users')?.state).toBe('opened')
    expect(breaker.circuits).toHaveLength(1)
    expect(breaker.storageUp).toBeUndefined()
    await breaker.init()
    await breaker.flush()
    await expect(circuit.ready({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    circuit.detach()
    expect(scene.breaker.circuits).toHaveLength(0)
    await breaker.close()
  })
})
