/**
 * `init()` and `close()` without waiting between them: the last call wins, whatever the others were doing. RUNS
 * sets the number of random sequences.
 */
import { deepEqual } from 'node:assert/strict'
import axios from 'axios'
import fc from 'fast-check'
import { CircuitBreaker } from '../../../lib/index.js'
import type { SharedStorage } from '../../../lib/fleet/index.js'
import { errorOf } from '../../support/plugin-harness.js'
import { until } from '../../support/until.js'
import { Tardy, turns } from './tardy.js'

const RUNS = Number(process.env.RUNS ?? 200)
/** The circuit that is always attached. */
const FIRST = 'users'
/** Is forced now and then, so its state says nothing. */
const FORCED = 'orders'
const NAMES = [FIRST, FORCED, 'payments'] as const

type Name = (typeof NAMES)[number]

const DOWN = () => Promise.reject(new axios.AxiosError('down', 'ECONNREFUSED'))

class Process {
  readonly losses: string[] = []
  readonly breaker: CircuitBreaker
  readonly users = axios.create({ adapter: DOWN })

  constructor(storage: SharedStorage) {
    this.breaker = new CircuitBreaker({ storage, threshold: 1, ttl: 1000 })
    this.breaker.on('storageLost', ({ reason }) => this.losses.push(reason))
    this.breaker.attach(this.users, FIRST)
  }

  attach(name: Name): void {
    if (!this.breaker.circuit(name)) this.breaker.attach(axios.create({ adapter: DOWN }), name)
  }
}

/** Opens all circuits for whoever reads them. */
async function open(storage: SharedStorage): Promise<void> {
  const breaker = new CircuitBreaker({ storage, threshold: 1, ttl: 1000 })
  await breaker.init()
  for (const name of NAMES) {
    const instance = axios.create({ adapter: DOWN })
    breaker.attach(instance, name)
    await errorOf(instance.get('/'))
  }
  await breaker.close()
}

describe('init() while close() writes what is left', () => {
  it('keeps the connection, and all that belongs to it', async () => {
    const storage = new Tardy()
    const { breaker, users, losses } = new Process(storage)
    await breaker.init()
    let goOn = (): void => undefined
    storage.held = new Promise((resolve) => (goOn = resolve))
    await errorOf(users.get('/'))
    const closed = breaker.close()
    await breaker.init()
    goOn()
    await closed
    expect([breaker.storageUp, storage.open, losses]).toEqual([true, 1, []])
    await breaker.circuit(FIRST)?.force('closed')
    const other = new Process(storage)
    await other.breaker.init()
    expect(other.breaker.circuit(FIRST)?.forced).toMatchObject({ state: 'closed' })
    await Promise.all([breaker.close(), other.breaker.close()])
    expect(storage.open).toBe(0)
  })

  it('does not keep it from a close() that follows', async () => {
    const storage = new Tardy()
    const { breaker, losses } = new Process(storage)
    await breaker.init()
    const closed = breaker.close()
    const init = breaker.init()
    await Promise.all([closed, init, breaker.close(), breaker.close()])
    expect([breaker.storageUp, storage.open, losses]).toEqual([false, 0, []])
  })
})

type Step =
  | { readonly do: 'init' | 'close' | 'force' }
  | { readonly do: 'attach' | 'detach'; readonly name: Name }
  | { readonly do: 'wait'; readonly turns: number }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constantFrom('init' as const, 'close' as const) }),
    },
    fc.record({ do: fc.constant('force' as const) }),
    fc.record({
      do: fc.constantFrom('attach' as const, 'detach' as const),
      name: fc.constantFrom(FORCED, 'payments'),
    }),
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.nat(60) }),
    },
  ),
  { minLength: 2, maxLength: 20, size: 'max' },
)

class Run {
  readonly #storage: Tardy
  readonly #process: Process
  readonly #calls: Promise<unknown>[] = []
  #last: 'init' | 'close' = 'close'
  /** What was the case when the last call of `init()` fulfilled. */
  #joined: Promise<unknown> | undefined

  constructor(storage: Tardy) {
    this.#storage = storage
    this.#process = new Process(storage)
  }

  async take(step: Step): Promise<void> {
    const { breaker } = this.#process
    if (step.do === 'wait') return turns(step.turns)
    if (step.do === 'attach') this.#process.attach(step.name)
    else if (step.do === 'detach') breaker.circuit(step.name)?.detach()
    else if (step.do === 'force') this.#await(breaker.circuit(FORCED)?.force('closed'))
    else this.#call(step.do)
  }

  /** @returns the last call */
  async end(): Promise<'init' | 'close'> {
    const { breaker, losses } = this.#process
    const isUp = this.#last === 'init'
    if (isUp) deepEqual(await this.#joined, { isUp, isRead: true })
    await Promise.allSettled(this.#calls)
    deepEqual([breaker.storageUp, this.#storage.open, losses], [isUp, isUp ? 1 : 0, []])
    const read = breaker.circuits.filter(({ name }) => name !== FORCED)
    if (isUp) await until('all are read', () => read.every(({ state }) => state === 'opened'))
    await breaker.close()
    deepEqual([breaker.storageUp, this.#storage.open], [false, 0])
    return this.#last
  }

  #call(what: 'init' | 'close'): void {
    const { breaker } = this.#process
    this.#last = what
    const call = breaker[what]()
    this.#await(call)
    if (what === 'close') return
    this.#joined = call.then(() => ({
      isUp: breaker.storageUp,
      isRead: this.#storage.answered.has(FIRST),
    }))
    this.#await(this.#joined)
  }

  /** It may reject. */
  #await(call: Promise<unknown> | undefined): void {
    if (call) this.#calls.push(call.catch(() => undefined))
  }
}

it(
  'the storage is up exactly if init() was called last, in random sequences',
  async () => {
    const pauses = fc.array(fc.nat(8), { minLength: 1, maxLength: 10 })
    const last = new Set<string>()
    const property = fc.asyncProperty(steps, pauses, async (sequence, given) => {
      const storage = new Tardy(given)
      await open(storage)
      const run = new Run(storage)
      for (const step of sequence) await run.take(step)
      last.add(await run.end())
    })
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
    expect([...last].toSorted()).toEqual(['close', 'init'])
  },
  60_000 + RUNS * 1000,
)
