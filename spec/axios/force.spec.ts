/** Requests through a circuit that is forced, to a real service. */
import { inspect } from 'node:util'
import axios, { type AxiosAdapter, type AxiosInstance } from 'axios'
import axiosRetry from 'axios-retry'
import {
  CircuitBreaker,
  OpenedStateError,
  type AttemptResult,
  type Circuit,
  type CircuitEvents,
  type CircuitOptions,
} from '../../lib/index.js'
import { MemoryStorage, TestClock } from '../../lib/testing/index.js'
import { snippetsOf } from '../support/document.js'
import { errorOf } from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

const SECRET = 'hunter2'

let upstream: Upstream
beforeEach(async () => {
  upstream = await Upstream.start()
})
afterEach(() => upstream.stop())

class Scene {
  readonly clock = new TestClock()
  readonly breaker: CircuitBreaker
  readonly users: AxiosInstance
  readonly circuit: Circuit
  readonly rejected: CircuitEvents['rejected'][] = []
  readonly attempted: string[] = []
  readonly moves: string[] = []

  constructor(options: CircuitOptions = {}) {
    this.breaker = new CircuitBreaker({ threshold: 1, ttl: 30, now: this.clock.now, ...options })
    this.users = axios.create({
      baseURL: upstream.origin,
      headers: { authorization: `Bearer ${SECRET}` },
      params: { token: SECRET },
    })
    this.circuit = this.breaker.attach(this.users, 'users')
    this.breaker.on('rejected', (event) => this.rejected.push(event))
    this.breaker.on('attempted', ({ outcome, probe }) =>
      this.attempted.push(`${outcome}${probe ? ' of a probe' : ''}`),
    )
    this.breaker.on('stateChanged', ({ from, to }) => this.moves.push(`${from} → ${to}`))
  }

  get(path: string, options = {}): Promise<number> {
    return this.users.get(path, options).then(({ status }) => status)
  }

  async refusal(path = '/status/200'): Promise<OpenedStateError> {
    const error = await errorOf(this.users.get(path))
    if (error instanceof OpenedStateError) return error
    throw error
  }

  async fail(): Promise<void> {
    await errorOf(this.get('/status/500'))
  }

  /** Sends a request, and waits until the service has it. */
  async hold(): Promise<{ release: () => void; ended: Promise<number> }> {
    const held = upstream.held.length
    const ended = this.get('/hold')
    await until('the service has the request', () => upstream.held.length > held)
    const release = (): void => void upstream.held[held]?.end()
    return { release, ended }
  }
}

describe('forced open', () => {
  it('sends nothing, and names who forced it, why and for how long', async () => {
    const scene = new Scene()
    await scene.circuit.force('opened', { for: 90, by: 'ann', reason: 'maintenance' })
    const error = await scene.refusal()
    const forced = { state: 'opened', by: 'ann', reason: 'maintenance', endsIn: 90 }
    expect(upstream.hits).toBe(0)
    expect(error.message).toBe('Circuit "users" is forced open by ann: maintenance (ends in 90 s)')
    expect(error).toMatchObject({ state: 'opened', retryAfter: 90, forced })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'OpenedStateError',
      code: 'ERR_CIRCUIT_OPENED',
      message: error.message,
      circuit: 'users',
      state: 'opened',
      retryAfter: 90,
      forced,
    })
    expect(scene.rejected).toEqual([{ circuit: 'users', state: 'opened', retryAfter: 90, forced }])
    expect(scene.moves).toEqual([])
  })

  it.each([
    [{}, 'Circuit "users" is forced open'],
    [{ by: 'ann' }, 'Circuit "users" is forced open by ann'],
    [{ reason: 'maintenance' }, 'Circuit "users" is forced open: maintenance'],
    [{ for: 0.25 }, 'Circuit "users" is forced open (ends in 0.3 s)'],
    [
      { by: 'ann\nERROR all is lost', reason: 'say "no"\u202E' },
      String.raw`Circuit "users" is forced open by ann\nERROR all is lost: say \"no\"\u{202e}`,
    ],
  ])('with %j says so on one line', async (options, message) => {
    const scene = new Scene()
    await scene.circuit.force('opened', options)
    expect((await scene.refusal()).message).toBe(message)
  })

  it('refuses with the message that the documentation shows', async () => {
    const scene = new Scene()
    await scene.circuit.force('opened', { for: 900, by: 'ann', reason: 'maintenance' })
    const shown = snippetsOf('docs/steering.md').map(({ code }) => code)
    expect(shown).toContain(`${(await scene.refusal()).message}\n`)
  })

  it('shows nothing of the request', async () => {
    const scene = new Scene()
    await scene.circuit.force('opened', { by: 'ann', reason: 'maintenance' })
    const error = await scene.refusal(`/${SECRET}`)
    const shown = [
      JSON.stringify(error),
      inspect(error, { depth: Infinity, showHidden: true }),
      String(error.stack),
      JSON.stringify(scene.rejected),
    ]
    expect(shown.join('\n')).not.toContain(SECRET)
    expect(shown.join('\n')).toContain('maintenance')
  })

  it('does not mention a force if the circuit is opened by its rules', async () => {
    const scene = new Scene()
    await scene.fail()
    const error = await scene.refusal()
    expect(error).not.toHaveProperty('forced')
    expect(error.toJSON()).toMatchObject({ forced: undefined })
    expect(scene.rejected[0]).not.toHaveProperty('forced')
  })

  it('sends no probe when the ttl of its rules has passed, and one once the force is lifted', async () => {
    const scene = new Scene()
    await scene.fail()
    await scene.circuit.force('opened')
    scene.clock.advance(31)
    await scene.refusal()
    expect(upstream.hits).toBe(1)
    await scene.circuit.unforce()
    expect(await scene.get('/status/200')).toBe(200)
    expect(scene.attempted).toEqual(['failure', 'success of a probe'])
    expect(scene.circuit.state).toBe('closed')
  })

  it('sends the first request after its end, although nobody has asked for the circuit', async () => {
    const scene = new Scene()
    const lifted: unknown[] = []
    await scene.circuit.force('opened', { for: 60 })
    scene.breaker.on('forced', ({ forced }) => lifted.push(forced))
    scene.clock.advance(60)
    expect(await scene.get('/status/200')).toBe(200)
    expect(lifted).toEqual([undefined])
  })

  it('is answered by the fallback, which sees the force', async () => {
    const scene = new Scene({ fallback: (error) => ({ by: error.forced?.by }) })
    await scene.circuit.force('opened', { by: 'ann' })
    const { data } = await scene.users.get('/status/200')
    expect(data).toEqual({ by: 'ann' })
    expect(upstream.hits).toBe(0)
  })

  it('is not retried', async () => {
    const scene = new Scene()
    axiosRetry(scene.users, { retries: 3, retryCondition: () => true })
    await scene.circuit.force('opened', { for: 60 })
    await scene.refusal()
    expect(scene.rejected).toHaveLength(1)
  })

  it('ends retries that are under way', async () => {
    const scene = new Scene({ threshold: 100 })
    axiosRetry(scene.users, { retries: 3, onRetry: () => scene.circuit.force('opened') })
    const error = await scene.refusal('/status/503')
    expect(error.forced).toEqual({ state: 'opened' })
    expect(upstream.hits).toBe(1)
  })

  it('lets requests with circuitBreaker false past', async () => {
    const scene = new Scene()
    await scene.circuit.force('opened')
    expect(await scene.get('/status/200', { circuitBreaker: false })).toBe(200)
  })

  it('counts requests that were in flight', async () => {
    const scene = new Scene()
    const { ended } = await scene.hold()
    await scene.circuit.force('opened')
    upstream.held[0]?.destroy()
    await errorOf(ended)
    expect(scene.moves).toEqual(['closed → opened'])
    await scene.circuit.unforce()
    expect(scene.circuit).toMatchObject({ state: 'opened', failureCount: 1, cause: 'streak' })
  })

  it('lets a probe in flight end', async () => {
    const scene = new Scene()
    await scene.fail()
    scene.clock.advance(30)
    const probe = await scene.hold()
    await scene.circuit.force('opened')
    probe.release()
    expect(await probe.ended).toBe(200)
    expect(scene.attempted).toEqual(['failure', 'success of a probe'])
    expect(scene.moves.at(-1)).toBe('half-opened → closed')
    expect(scene.circuit.state).toBe('opened')
    await scene.circuit.unforce()
    expect(scene.circuit.state).toBe('closed')
  })

  it('counts an attempt as slow if its time passes in the meantime', async () => {
    const scene = new Scene({ slowAfter: 2 })
    const attempt = await scene.hold()
    await scene.circuit.force('opened')
    scene.clock.advance(2)
    await scene.refusal()
    expect(scene.moves).toEqual(['closed → opened'])
    attempt.release()
    await attempt.ended
    await scene.circuit.unforce()
    expect(scene.circuit).toMatchObject({ state: 'opened', failureCount: 1 })
  })

  it('refuses nothing that its adapter has cached', async () => {
    const scene = new Scene()
    const hit = { data: 'kept', status: 200, statusText: 'OK', headers: {}, cached: true }
    const adapter = async (config: object) => ({ ...hit, config })
    await scene.get('/', { adapter })
    await scene.circuit.force('opened')
    expect(await scene.get('/', { adapter })).toBe(200)
  })
})

describe('forced closed', () => {
  /** Opens the circuit by its rules, although it is forced closed. */
  async function opened(options: CircuitOptions = { dryRun: true }): Promise<Scene> {
    const scene = new Scene(options)
    if (!options.dryRun) await scene.circuit.force('closed')
    await scene.fail()
    expect(scene.moves).toEqual(['closed → opened'])
    return scene
  }

  it.each<CircuitOptions>([{ dryRun: true }, { dryRun: false }])(
    'sends what its rules refuse, says so, and does not count it (%j)',
    async (options) => {
      const scene = await opened(options)
      expect(scene.circuit).toMatchObject({ state: 'closed', retryAfter: 0, failureCount: 1 })
      expect(scene.circuit).toMatchObject({ cause: undefined, round: 0 })
      expect(await scene.get('/status/200')).toBe(200)
      scene.clock.advance(10)
      await scene.fail()
      const rejected = { circuit: 'users', state: 'opened', dryRun: true }
      expect(scene.rejected).toEqual([
        { ...rejected, retryAfter: 30 },
        { ...rejected, retryAfter: 20 },
      ])
      expect(upstream.hits).toBe(3)
      expect(scene.attempted).toEqual(['failure', 'success', 'failure'])
      expect(scene.moves).toEqual(['closed → opened'])
    },
  )

  it.each([
    [200, 'half-opened → closed'],
    [500, 'half-opened → opened'],
  ])('counts the request after the ttl as the probe: %d, %s', async (status, move) => {
    const scene = await opened()
    scene.clock.advance(30)
    const probe = await scene.hold()
    expect(await scene.get('/status/200')).toBe(200)
    expect(scene.rejected).toEqual([
      { circuit: 'users', state: 'half-opened', retryAfter: 0, dryRun: true },
    ])
    if (status === 500) upstream.held[0]?.writeHead(500)
    probe.release()
    await probe.ended.catch(() => undefined)
    expect(scene.moves).toEqual(['closed → opened', 'opened → half-opened', move])
    expect(scene.attempted).not.toContainEqual(expect.stringContaining('probe'))
  })

  it('gives the permit of a cancelled probe to the next request', async () => {
    const scene = await opened()
    scene.clock.advance(30)
    const controller = new AbortController()
    const cancelled = scene.get('/hold', { signal: controller.signal })
    await until('the service has the request', () => upstream.held.length > 0)
    controller.abort()
    await errorOf(cancelled)
    expect(await scene.get('/status/200')).toBe(200)
    expect(scene.moves.at(-1)).toBe('half-opened → closed')
  })

  it('counts a probe that ends after the force', async () => {
    const scene = await opened({})
    scene.clock.advance(30)
    const probe = await scene.hold()
    await scene.circuit.unforce()
    expect(scene.circuit.state).toBe('half-opened')
    await scene.refusal()
    probe.release()
    await probe.ended
    expect(scene.circuit.state).toBe('closed')
  })

  it('does not count a request that the rules refused, even if it ends after the force', async () => {
    const scene = await opened({})
    const spared = await scene.hold()
    await scene.circuit.unforce()
    spared.release()
    await spared.ended
    expect(scene.circuit).toMatchObject({ state: 'opened', failureCount: 1 })
  })

  it('counts a probe as slow if its time passes', async () => {
    const scene = await opened({ dryRun: true, slowAfter: 2 })
    scene.clock.advance(30)
    const probe = await scene.hold()
    scene.clock.advance(2)
    expect(scene.circuit.state).toBe('closed')
    expect(scene.moves.at(-1)).toBe('half-opened → opened')
    probe.release()
    await probe.ended
    expect(scene.moves).toHaveLength(3)
  })

  it('publishes what opens the circuit by its rules', async () => {
    const scene = new Scene({ dryRun: true })
    const moves: object[] = []
    scene.breaker.on('stateChanged', (event) => moves.push(event))
    await scene.fail()
    expect(moves).toMatchObject([{ to: 'opened', cause: 'streak', round: 1, retryAfter: 30 }])
  })

  it('refuses the first request after its end, if the rules do', async () => {
    const scene = new Scene({ ttl: 1000 })
    await scene.circuit.force('closed', { for: 60 })
    await scene.fail()
    scene.clock.advance(60)
    expect(await scene.refusal()).not.toHaveProperty('forced')
    expect(scene.rejected).toEqual([{ circuit: 'users', state: 'opened', retryAfter: 940 }])
  })

  it('asks no fallback', async () => {
    const scene = await opened({ dryRun: true, fallback: () => 'instead' })
    expect((await scene.users.get('/status/200')).data).not.toBe('instead')
  })

  it('lets axios-retry try again, and counts each attempt by the rules', async () => {
    const scene = new Scene({ dryRun: true, threshold: 2 })
    axiosRetry(scene.users, { retries: 3 })
    await errorOf(scene.get('/status/503'))
    expect(upstream.hits).toBe(4)
    expect(scene.circuit.failureCount).toBe(2)
    expect(scene.rejected).toHaveLength(2)
  })

  it('judges each attempt with the outcome function', async () => {
    const outcome = jest.fn((_result: AttemptResult) => 'success' as const)
    const scene = new Scene({ dryRun: true, outcome })
    await scene.fail()
    expect(outcome).toHaveBeenCalledTimes(1)
    expect(scene.circuit.failureCount).toBe(0)
  })

  it('passes errors on unchanged', async () => {
    const scene = await opened()
    let own: unknown
    const adapter: AxiosAdapter = async (config) => {
      own = await errorOf(axios.getAdapter('http')(config))
      throw own
    }
    expect(await errorOf(scene.get('/status/500', { adapter }))).toBe(own)
    expect(upstream.hits).toBe(2)
  })

  it('refuses requests before init() of a storage, as usual', async () => {
    const breaker = new CircuitBreaker({ dryRun: true, storage: new MemoryStorage() })
    const users = axios.create({ baseURL: upstream.origin })
    breaker.attach(users, 'users')
    const error = await errorOf(users.get('/status/200'))
    expect(error).toMatchObject({ code: 'ERR_NOT_INITIALIZED' })
    expect(upstream.hits).toBe(0)
  })
})

describe('ready()', () => {
  it('waits until the force is lifted, and no longer', async () => {
    const { circuit } = new Scene()
    await circuit.force('opened')
    let isReady = false
    const ready = circuit.ready().then(() => (isReady = true))
    await circuit.force('opened', { by: 'ann' })
    await Promise.resolve()
    expect(isReady).toBe(false)
    await circuit.unforce()
    await Promise.resolve()
    expect(isReady).toBe(true)
    await ready
  })

  it('waits until the force is over', async () => {
    const { circuit, clock } = new Scene()
    await circuit.force('opened', { for: 3600 })
    const ready = circuit.ready()
    clock.advance(3600)
    await ready
    expect(circuit.forced).toBeUndefined()
  })

  it('resolves at once if the circuit is forced closed, for all who wait', async () => {
    const scene = new Scene()
    await scene.fail()
    const waiting = [scene.circuit.ready(), scene.circuit.ready()]
    await scene.circuit.force('closed')
    await Promise.all([...waiting, scene.circuit.ready()])
    expect(scene.moves).toEqual(['closed → opened'])
  })

  it('waits for the rules again once the force is lifted', async () => {
    const scene = new Scene()
    await scene.fail()
    await scene.circuit.force('closed')
    await scene.circuit.unforce()
    const signal = AbortSignal.timeout(50)
    await expect(scene.circuit.ready({ signal })).rejects.toMatchObject({ name: 'TimeoutError' })
    scene.clock.advance(30)
    await scene.circuit.ready()
  })
})

it('a circuit that was detached refuses nobody, although its name is forced', async () => {
  const scene = new Scene()
  const guarded = scene.circuit.guard(axios.getAdapter('http'))
  await scene.circuit.force('opened')
  await scene.refusal()
  scene.circuit.detach()
  expect(await scene.get('/status/200')).toBe(200)
  expect(await scene.get('/status/200', { adapter: guarded })).toBe(200)
})
