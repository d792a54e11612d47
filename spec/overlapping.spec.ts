/** Random overlapping requests through axios to a real server, held against the model of the rules. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import axios, { type AxiosInstance } from 'axios'
import fc from 'fast-check'
import { CircuitBreaker, OpenedStateError, type Circuit, type Outcome } from '../lib/index.js'
import { Model } from './circuit/model.js'
import { steps, type Step } from './circuit/steps.js'
import { until } from './support/until.js'
import { Upstream } from './support/upstream.js'

const RUNS = Number(process.env['RUNS'] ?? 60)
const RULES = { threshold: 2, ttl: 8, permits: 1, probeTimeout: 60 }

interface Flight {
  readonly id: number
  readonly abort: AbortController
  readonly ended: Promise<unknown>
}

class Run {
  readonly moves: string[] = []
  readonly #upstream: Upstream
  readonly #users: AxiosInstance
  readonly #circuit: Circuit
  readonly #model = new Model(RULES)
  #flights: readonly Flight[] = []
  #now = 100
  #serial = 0

  constructor(upstream: Upstream) {
    jest.spyOn(performance, 'now').mockImplementation(() => this.#now * 1000)
    this.#upstream = upstream
    this.#users = axios.create({ baseURL: upstream.origin })
    const breaker = new CircuitBreaker(RULES)
    breaker.on('stateChanged', ({ to }) => this.moves.push(to))
    this.#circuit = breaker.attach(this.#users, 'users')
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'wait') this.#now += step.seconds
    if (step.kind === 'admit') await this.#send()
    if (step.kind === 'end') await this.#end(step.which, step.outcome)
    if (step.kind === 'report') {
      this.#circuit.report(step.outcome)
      this.#model.report(step.outcome, this.#now)
    }
    this.#compare()
  }

  async finish(): Promise<void> {
    for (const { abort, ended } of this.#flights) {
      abort.abort()
      await ended
    }
  }

  async #send(): Promise<void> {
    const id = (this.#serial += 1)
    const abort = new AbortController()
    const { signal } = abort
    const ended = this.#users.get(`/hold/${id}`, { signal }).catch((error: unknown) => error)
    if (this.#model.admit(id, this.#now)) {
      await until(`request ${id} has arrived`, () => this.#held(id) !== undefined)
      this.#flights = [...this.#flights, { id, abort, ended }]
    } else {
      ok((await ended) instanceof OpenedStateError)
      ok(!this.#held(id))
    }
  }

  async #end(which: number, outcome: Outcome): Promise<void> {
    const flight = this.#flights[which % Math.max(1, this.#flights.length)]
    if (!flight) return
    const { id, abort, ended } = flight
    this.#flights = this.#flights.filter((other) => other !== flight)
    if (outcome === 'ignored') abort.abort()
    else
      this.#held(id)
        ?.writeHead(outcome === 'success' ? 200 : 500)
        .end('{}')
    await ended
    this.#model.end(id, outcome, this.#now)
  }

  #held(id: number) {
    return this.#upstream.held.find(({ req }) => req.url === `/hold/${id}`)
  }

  #compare(): void {
    const { state, failureCount, retryAfter } = this.#circuit
    equal(state, this.#model.stateAt(this.#now))
    equal(failureCount, this.#model.failureCount())
    equal(retryAfter, this.#model.retryAfter(this.#now))
    deepEqual(this.moves, this.#model.moves)
    if (state === 'half-opened') ok(this.#model.probes(this.#now).length <= 1)
  }
}

afterEach(() => jest.restoreAllMocks())

it('leaves the circuit in the state that the rules require, after each step', async () => {
  const visited = new Set<string>()
  const property = fc.asyncProperty(steps(10, 50), async (sequence) => {
    const upstream = await Upstream.start()
    const run = new Run(upstream)
    try {
      for (const step of sequence) await run.take(step)
      for (const to of run.moves) visited.add(to)
    } finally {
      await run.finish()
      await upstream.stop()
    }
  })
  await fc.assert(property, { numRuns: RUNS })
  expect(visited).toEqual(new Set(['opened', 'half-opened', 'closed']))
}, 120_000)
