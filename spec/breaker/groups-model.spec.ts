/** The bound and the eviction of circuits by name function: random sequences against a model of their own. */
import axios, { type InternalAxiosRequestConfig } from 'axios'
import fc from 'fast-check'
import { CircuitBreaker, type CircuitState } from '../../lib/index.js'
import { TestClock } from '../../lib/testing/index.js'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const
type Name = (typeof NAMES)[number]
type Ending = 'success' | 'failure' | 'ignored'

const THRESHOLD = 2
/** Not a whole number, so that no step of the clock hits the end of a ttl. */
const TTL = 7.5
const MAX_CIRCUITS = 3
const IDLE_TIME = 10

type Step =
  | { readonly do: 'send'; readonly name: Name; readonly ending: Ending }
  | { readonly do: 'hold'; readonly name: Name }
  | { readonly do: 'release'; readonly which: number; readonly ending: Ending }
  | { readonly do: 'advance'; readonly seconds: number }
  | { readonly do: 'detach' | 'attach'; readonly name: Name }

const name = fc.constantFrom(...NAMES)
const ending = fc.constantFrom<Ending>('success', 'success', 'failure', 'ignored')
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), name, ending }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hold' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      which: fc.nat({ max: 3 }),
      ending,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      seconds: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom<'detach' | 'attach'>('detach', 'attach'), name }),
  },
) satisfies fc.Arbitrary<{ readonly do: string }>

/** One circuit of the model. */
interface Modelled {
  readonly name: Name
  isNamed: boolean
  usedAt: number
  failures: number
  state: CircuitState
  openedAt: number
  epoch: number
  inFlight: number
  isProbing: boolean
}

/** A request that was admitted. */
interface Sent {
  readonly circuit: Modelled | undefined
  readonly epoch: number
  readonly isProbe: boolean
}

class Model {
  now = 0
  unguarded = 0
  readonly detached: Name[] = []
  circuits: Modelled[] = []

  /** Those of the group, in the order of their last use. */
  get members(): readonly Modelled[] {
    return this.circuits.filter(({ isNamed }) => !isNamed)
  }

  /** @returns undefined if the request is refused */
  begin(wanted: Name): Sent | undefined {
    const circuit = this.#circuitOf(wanted)
    if (!circuit) return { circuit, epoch: 0, isProbe: false }
    if (circuit.state === 'opened' && this.now - circuit.openedAt > TTL)
      move(circuit, 'half-opened')
    if (circuit.state === 'opened' || circuit.isProbing) return undefined
    circuit.isProbing = circuit.state === 'half-opened'
    circuit.inFlight += 1
    return { circuit, epoch: circuit.epoch, isProbe: circuit.isProbing }
  }

  end({ circuit, epoch, isProbe }: Sent, how: Ending): void {
    if (!circuit) return
    circuit.inFlight -= 1
    if (circuit.epoch !== epoch) return
    if (isProbe) circuit.isProbing = false
    if (how === 'ignored') return
    if (how === 'success') {
      if (isProbe) move(circuit, 'closed')
      circuit.failures = 0
      return
    }
    circuit.failures += 1
    if (!isProbe && circuit.failures < THRESHOLD) return
    move(circuit, 'opened')
    circuit.openedAt = this.now
  }

  detach(gone: Name): void {
    if (!this.circuits.some((it) => it.name === gone)) return
    this.circuits = this.circuits.filter((it) => it.name !== gone)
    this.detached.push(gone)
  }

  attach(wanted: Name): void {
    const known = this.circuits.find((it) => it.name === wanted)
    if (known) known.isNamed = true
    else this.circuits.push(this.#made(wanted, true))
  }

  #circuitOf(wanted: Name): Modelled | undefined {
    const known = this.circuits.find((it) => it.name === wanted)
    if (known) {
      known.usedAt = this.now
      this.circuits = [...this.circuits.filter((it) => it !== known), known]
      return known
    }
    for (const member of this.members) if (this.#mayGo(member)) this.detach(member.name)
    if (this.members.length >= MAX_CIRCUITS) {
      this.unguarded += 1
      return undefined
    }
    const made = this.#made(wanted, false)
    this.circuits.push(made)
    return made
  }

  #mayGo({ usedAt, state, failures, inFlight }: Modelled): boolean {
    const isUnused = this.now - usedAt >= IDLE_TIME && inFlight === 0
    return isUnused && state === 'closed' && failures === 0
  }

  #made(called: Name, isNamed: boolean): Modelled {
    const start = { failures: 0, state: 'closed', openedAt: 0, epoch: 0, inFlight: 0 } as const
    return { name: called, isNamed, usedAt: this.now, ...start, isProbing: false }
  }
}

function move(circuit: Modelled, to: CircuitState): void {
  circuit.state = to
  circuit.epoch += 1
  circuit.isProbing = false
}

/** The real breaker, with an adapter whose requests end as the spec says. */
class Real {
  readonly clock = new TestClock()
  readonly detached: string[] = []
  readonly #ends: ((how: Ending) => void)[] = []
  readonly #instance = axios.create({ adapter: (config) => this.#hold(config) })
  readonly breaker = new CircuitBreaker({
    now: this.clock.now,
    threshold: THRESHOLD,
    ttl: TTL,
    probeTimeout: 1e6,
    outcome: ({ error }) => error as Ending | undefined,
  })
  readonly group = this.breaker.attach(this.#instance, ({ url }) => url, {
    maxCircuits: MAX_CIRCUITS,
    idleTime: IDLE_TIME,
  })

  constructor() {
    this.breaker.on('detached', ({ circuit }) => this.detached.push(circuit))
  }

  /** @returns a function that ends the request; undefined if it is refused */
  async begin(url: Name): Promise<((how: Ending) => Promise<void>) | undefined> {
    const before = this.#ends.length
    const request = this.#instance.get(url).catch(() => undefined)
    await turns()
    const end = this.#ends[before]
    if (!end) return undefined
    return async (how) => {
      end(how)
      await request
    }
  }

  #hold(_config: InternalAxiosRequestConfig): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#ends.push(reject)
    })
  }
}

async function turns(): Promise<void> {
  for (let count = 0; count < 10; count += 1) await Promise.resolve()
}

/** What both must agree on after each step. */
function seen(model: Model) {
  return {
    unguarded: model.unguarded,
    detached: model.detached,
    members: model.members.map(({ name: called }) => called),
    states: Object.fromEntries(
      model.circuits.map(({ name: called, state, openedAt }) => {
        const isDue = state === 'opened' && model.now - openedAt > TTL
        return [called, isDue ? 'half-opened' : state]
      }),
    ),
  }
}

function shown({ breaker, group, detached }: Real): ReturnType<typeof seen> {
  return {
    unguarded: group.unguarded,
    detached: detached as Name[],
    members: group.circuits.map(({ name: called }) => called as Name),
    states: Object.fromEntries(breaker.circuits.map(({ name: called, state }) => [called, state])),
  }
}

let evictions = 0
let unguarded = 0

async function play(steps: readonly Step[]): Promise<void> {
  const [model, real] = [new Model(), new Real()]
  const held: { readonly sent: Sent; readonly end: (how: Ending) => Promise<void> }[] = []
  const begin = async (wanted: Name) => {
    const [sent, end] = [model.begin(wanted), await real.begin(wanted)]
    expect(end !== undefined).toBe(sent !== undefined)
    return sent && end && { sent, end }
  }
  const finish = async ({ sent, end }: (typeof held)[number], how: Ending) => {
    model.end(sent, how)
    await end(how)
  }
  for (const each of steps) {
    if (each.do === 'send') {
      const request = await begin(each.name)
      if (request) await finish(request, each.ending)
    } else if (each.do === 'hold') {
      const request = await begin(each.name)
      if (request) held.push(request)
    } else if (each.do === 'release') {
      const [request] = held.splice(each.which, 1)
      if (request) await finish(request, each.ending)
    } else if (each.do === 'advance') {
      model.now += each.seconds
      real.clock.advance(each.seconds)
    } else if (each.do === 'detach') {
      model.detach(each.name)
      real.breaker.circuit(each.name)?.detach()
    } else {
      model.attach(each.name)
      real.breaker.attach(axios.create(), each.name)
    }
    expect(shown(real)).toEqual(seen(model))
    expect(real.group.circuits.length).toBeLessThanOrEqual(MAX_CIRCUITS)
    expect(real.breaker.unguarded).toBe(real.group.unguarded)
  }
  evictions += model.detached.length
  unguarded += model.unguarded
}

let warnings: jest.SpyInstance
beforeAll(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterAll(() => warnings.mockRestore())

it('agrees with the model, whatever happens', async () => {
  const steps = fc.array(step, { minLength: 20, maxLength: 80 })
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: 200 })
  // Sequences in which nothing happens would prove nothing.
  expect(evictions).toBeGreaterThan(200)
  expect(unguarded).toBeGreaterThan(200)
})
