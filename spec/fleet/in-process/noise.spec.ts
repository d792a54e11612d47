/**
 * Random errors do not open the circuit, however busy the processes are, even if one of them is cut off:
 * ten minutes of a fleet, in simulated time. SEED sets the random errors.
 */
import type { Machine, Rules } from '../../../lib/circuit/types.js'
import { HOLD } from '../../../lib/fleet/flow/reporting.js'
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { numbersFrom } from '../../support/numbers.js'
import { PATIENT } from '../../storage/subjects.js'

const SEED = Number(process.env.SEED ?? 1)
const SIZE = 8
const MINUTES = 10
/** Lets everything settle that takes a storage in memory no time, before the clock moves. */
const TURNS = 30
const RULES: Rules = { threshold: 5, ttl: 30, permits: 1, probeTimeout: 60 }

beforeEach(() => jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'queueMicrotask'] }))
afterEach(() => jest.useRealTimers())

interface Noise {
  /** Requests per second of each process. */
  readonly rate: number
  /** The share of requests that fail while the service is healthy. */
  readonly errors: number
  readonly quorum: number
}

class Process {
  refused = 0
  failures = 0
  due: number
  readonly isCutOff: boolean
  readonly membership: Membership
  readonly #machine: Machine

  constructor(storage: MemoryStorage, now: () => number, isCutOff: boolean, due: number) {
    this.isCutOff = isCutOff
    this.due = due
    const publisher = { publish: () => undefined, hasListeners: () => false }
    this.membership = joinStorage(storage, { publisher, now })
    this.#machine = this.membership.machineFor('users', RULES)
  }

  get state(): string {
    return this.#machine.state
  }

  /** @returns whether the request failed */
  async send(fails: boolean): Promise<boolean> {
    const admission = await this.#machine.admit()
    if (!admission.admitted) {
      this.refused += 1
      return false
    }
    if (fails) this.failures += 1
    this.#machine.record(admission, fails ? 'failure' : 'success')
    return fails
  }
}

class Simulation {
  now = 1000
  readonly processes: Process[]
  readonly #next: () => number
  readonly #rate: number
  /** A timer that holds a failure back may be set. */
  #heldUntil = 0
  #owed = 0

  constructor({ rate, quorum }: Noise, seed: number) {
    this.#rate = rate
    this.#next = numbersFrom(seed)
    const now = (): number => this.now
    const storage = new MemoryStorage({ ...PATIENT, lease: 10, now, quorum })
    this.processes = Array.from({ length: SIZE }, (_, index) => {
      const due = this.now + this.#next() / rate
      return new Process(storage, now, index < quorum - 1, due)
    })
  }

  get healthy(): Process[] {
    return this.processes.filter(({ isCutOff }) => !isCutOff)
  }

  async start(): Promise<void> {
    for (const { membership } of this.processes) await membership.init()
  }

  /** @param errors the share of requests that fail in the healthy processes */
  async run(seconds: number, errors: number, isOver = (): boolean => false): Promise<void> {
    const end = this.now + seconds
    while (this.now < end && !isOver()) await this.#step(errors)
  }

  async #step(errors: number): Promise<void> {
    const [first, ...rest] = this.processes as [Process, ...Process[]]
    const process = rest.reduce((one, other) => (other.due < one.due ? other : one), first)
    await this.#pass(process.due - this.now)
    process.due += (0.9 + 0.2 * this.#next()) / this.#rate
    const fails = process.isCutOff || this.#next() < errors
    if (await process.send(fails)) this.#heldUntil = this.now + 2 * HOLD
  }

  /** Runs timers only if one may be due that matters, to save time. */
  async #pass(seconds: number): Promise<void> {
    this.now += seconds
    this.#owed += seconds * 1000
    if (this.now > this.#heldUntil + seconds) return
    jest.advanceTimersByTime(this.#owed)
    this.#owed = 0
    for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve()
  }
}

const NOISES: readonly Noise[] = [50, 0.5].flatMap((rate) =>
  [0.01, 0.05].flatMap((errors) => [2, 3].map((quorum) => ({ rate, errors, quorum }))),
)

it.each(NOISES)(
  'with $rate requests/s, an error rate of $errors, a quorum of $quorum and one process fewer cut off, no healthy process is refused before an outage',
  async (noise) => {
    const simulation = new Simulation(noise, SEED)
    await simulation.start()
    await simulation.run(MINUTES * 60, noise.errors)
    const { healthy, processes } = simulation
    expect(healthy.map(({ refused }) => refused)).toEqual(healthy.map(() => 0))
    const cutOff = processes.filter(({ isCutOff }) => isCutOff)
    for (const { refused } of cutOff) expect(refused).toBeGreaterThan(0)

    for (const process of healthy) process.failures = 0
    await simulation.run(60, 1, () => healthy.every(({ state }) => state !== 'closed'))
    for (const { state, failures } of healthy) {
      expect(state).not.toBe('closed')
      expect(failures).toBeLessThanOrEqual(RULES.threshold)
    }
  },
  60_000,
)
