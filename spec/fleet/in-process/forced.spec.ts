/** Forced circuits with a slow storage: which requests wait for it, and what its answers change. */
import axios from 'axios'
import { CircuitBreaker, OpenedStateError, type CircuitOptions } from '../../../lib/index.js'
import type { Answer, Question } from '../../../lib/fleet/index.js'
import { MemoryStorage, TestClock } from '../../../lib/testing/index.js'
import { until } from '../../support/until.js'
import { PATIENT } from '../../storage/subjects.js'
import { Wrapped } from './wrapped.js'

const TTL = 30

/** Holds questions for a permit until the spec releases them. */
class Slow extends Wrapped {
  readonly held: (() => void)[] = []
  isSlow = false

  protected async answer(question: Question, ask: () => Promise<Answer>): Promise<Answer> {
    if (this.isSlow && question.op === 'acquire')
      await new Promise<void>((resolve) => this.held.push(resolve))
    return ask()
  }
}

interface Sent {
  readonly end: (status: number) => void
  /** The status, or the refusal. */
  readonly ended: Promise<unknown>
}

/** A process. Its requests go nowhere, and end when the spec says so, or at once. */
class Peer {
  readonly breaker: CircuitBreaker
  readonly rejected: object[] = []
  readonly moves: string[] = []
  readonly sent: ((status: number) => void)[] = []
  /** Ends each request at once. */
  status: number | undefined
  readonly #users = axios.create({
    adapter: (config) =>
      new Promise((resolve, reject) => {
        const end = (status: number): void =>
          resolve({ data: '', status, statusText: '', headers: {}, config })
        config.signal?.addEventListener?.('abort', () => reject(new axios.CanceledError()))
        if (this.status === undefined) this.sent.push(end)
        else end(this.status)
      }),
  })

  constructor(storage: Wrapped, clock: TestClock, options: CircuitOptions = {}) {
    this.breaker = new CircuitBreaker({
      threshold: 1,
      ttl: TTL,
      storage,
      now: clock.now,
      ...options,
    })
    this.breaker.attach(this.#users, 'users')
    this.breaker.on('rejected', ({ circuit: _circuit, ...event }) => this.rejected.push(event))
    this.breaker.on('stateChanged', ({ to, origin }) => this.moves.push(`${to} by ${origin}`))
  }

  get circuit() {
    const [circuit] = this.breaker.circuits
    if (!circuit) throw new Error('No circuit')
    return circuit
  }

  /** Without waiting for anything. */
  request(signal?: AbortSignal): Promise<unknown> {
    return this.#users.get('/', signal && { signal }).then(
      ({ status }) => status,
      (error: unknown) => error,
    )
  }

  /** Waits until the request was sent. */
  async send(): Promise<Sent> {
    const before = this.sent.length
    const ended = this.request()
    await until('the request is sent', () => this.sent.length > before)
    return { ended, end: (status) => this.sent[before]?.(status) }
  }

  /** Sends requests until one is not refused. */
  async getThrough(): Promise<void> {
    this.status = 200
    await until('a request is sent', async () => (await this.request()) === 200)
  }
}

let clock: TestClock
let storage: Slow
let one: Peer
let other: Peer
const asked = () => until('the storage was asked', () => storage.held.length > 0)
const answer = () => storage.held.splice(0).forEach((go) => go())

async function begin(options: CircuitOptions = {}): Promise<void> {
  clock = new TestClock()
  storage = new Slow(new MemoryStorage({ now: clock.now, quorum: 1, ...PATIENT }), PATIENT)
  one = new Peer(storage, clock, options)
  other = new Peer(storage, clock)
  await Promise.all([one.breaker.init(), other.breaker.init()])
}

/** Opens the circuit for both, and lets its ttl pass. */
async function due(): Promise<void> {
  const failing = await other.send()
  failing.end(500)
  await until('both are opened', () => one.moves.length > 0 && other.moves.length > 0)
  clock.advance(TTL)
  one.moves.length = 0
  storage.isSlow = true
}

afterEach(async () => {
  storage.isSlow = false
  answer()
  await Promise.all([one.breaker.close(), other.breaker.close()])
})

describe('in a dry run, the request that would be the probe', () => {
  beforeEach(async () => {
    await begin({ dryRun: true })
    await due()
  })

  it('does not wait for the storage, and closes the circuit once both have ended', async () => {
    const probe = await one.send()
    await asked()
    expect(one.rejected).toEqual([])
    probe.end(200)
    expect(await probe.ended).toBe(200)
    expect(one.moves).toEqual([])
    answer()
    await until('the circuit is closed', () => one.moves.at(-1) === 'closed by local')
    expect(one.moves).toEqual(['half-opened by local', 'closed by local'])
    await until('the other knows', () => other.circuit.state === 'closed')
  })

  it('counts as well if the storage answers first', async () => {
    const probe = await one.send()
    await asked()
    answer()
    await until('the circuit is half-opened', () => one.moves.length > 0)
    probe.end(500)
    await probe.ended
    expect(one.moves.at(-1)).toBe('opened by local')
    await until('the other knows', () => other.circuit.retryAfter === TTL)
  })

  it('does not count if another process has the permit', async () => {
    const mine = await one.send()
    await asked()
    storage.isSlow = false
    const theirs = await other.send()
    mine.end(500)
    await mine.ended
    answer()
    await until('a refusal was published', () => one.rejected.length > 0)
    expect(one.rejected).toEqual([{ state: 'half-opened', retryAfter: 0, dryRun: true }])
    theirs.end(200)
    await until('the circuit is closed', () => one.moves.at(-1)?.startsWith('closed') === true)
  })

  it('gives its permit back if it is cancelled', async () => {
    const cancelled = new AbortController()
    const ended = one.request(cancelled.signal)
    await asked()
    cancelled.abort()
    expect(axios.isCancel(await ended)).toBe(true)
    storage.isSlow = false
    answer()
    await until('the circuit is half-opened', () => one.moves.length > 0)
    await other.getThrough()
    expect(other.circuit.state).toBe('closed')
  })

  it('counts although the circuit is forced open meanwhile', async () => {
    await one.circuit.force('closed')
    const probe = await one.send()
    await asked()
    probe.end(200)
    await one.circuit.force('opened')
    answer()
    await until('the circuit is closed', () => one.moves.at(-1) === 'closed by local')
    expect(one.circuit.state).toBe('opened')
  })
})

describe('a request that waits for its permit', () => {
  beforeEach(async () => {
    await begin()
    await due()
  })

  it('is refused if the circuit is forced open meanwhile, and leaves the permit to others', async () => {
    const waiting = one.request()
    await asked()
    storage.isSlow = false
    const forcing = one.circuit.force('opened', { by: 'ann' })
    await until('it is forced', () => one.circuit.forced !== undefined)
    answer()
    const error = await waiting
    await forcing
    expect(error).toBeInstanceOf(OpenedStateError)
    expect(error).toMatchObject({ forced: { state: 'opened', by: 'ann' } })
    expect(one.sent).toEqual([])
    expect(one.rejected).toMatchObject([{ state: 'opened', forced: { by: 'ann' } }])
    await one.circuit.unforce()
    await other.getThrough()
    expect(other.circuit.state).toBe('closed')
  })

  it('is sent as the probe if the force is over by then', async () => {
    const waiting = one.request()
    await asked()
    await one.circuit.force('opened', { for: 5 })
    clock.advance(5)
    answer()
    await until('the request is sent', () => one.sent.length > 0)
    one.sent[0]?.(200)
    expect(await waiting).toBe(200)
    expect(one.rejected).toEqual([])
    expect(one.circuit).toMatchObject({ state: 'closed', forced: undefined })
  })

  it('is sent if the circuit is forced closed meanwhile, although it has no permit', async () => {
    const waiting = one.request()
    await asked()
    storage.isSlow = false
    const theirs = await other.send()
    await one.circuit.force('closed')
    answer()
    await until('the request is sent', () => one.sent.length > 0)
    one.sent[0]?.(500)
    expect(await waiting).toBe(500)
    expect(one.rejected).toEqual([{ state: 'half-opened', retryAfter: 0, dryRun: true }])
    theirs.end(200)
    await until('the circuit is closed', () => one.moves.at(-1)?.startsWith('closed') === true)
  })
})
