/**
 * An axios instance with a plugin and a circuit, attached in either order, and what they did: seen
 * through the public surface and by the server only.
 */
import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { CircuitBreaker, type Circuit, type Outcome } from '../../lib/index.js'
import { advance } from './clock.js'
import type { Upstream } from './upstream.js'

/** Of the circuit, with regard to the plugin. */
export const ORDERS = ['attached before', 'attached after'] as const
export type Order = (typeof ORDERS)[number]

export interface Counts {
  /** Requests that the server saw. */
  readonly hits: number
  /** Attempts that were recorded: calls of the `outcome` option. */
  readonly attempts: number
  readonly failures: number
  readonly refusals: number
}

export interface Scenario {
  readonly threshold?: number
  /** What every attempt counts as, in place of the default rule. */
  readonly outcome?: Outcome
}

const TTL = 30
/** No lease may come to the rescue of a leaked permit. */
const PROBE_TIMEOUT = 1e6
const NOTHING: Counts = { hits: 0, attempts: 0, failures: 0, refusals: 0 }

export class PluginHarness<Plugged> {
  readonly instance: AxiosInstance
  readonly breaker = new CircuitBreaker()
  readonly circuit: Circuit
  /** What the plugin gave back when it was put on the instance. */
  readonly plugged: Plugged
  readonly #upstream: Upstream
  readonly #scenario: Scenario
  /** Without a plugin, on the same circuit. */
  readonly #plain: AxiosInstance
  #seen = NOTHING
  #preparing = false

  constructor(
    upstream: Upstream,
    order: Order,
    plug: (instance: AxiosInstance) => Plugged,
    scenario: Scenario = {},
  ) {
    this.#upstream = upstream
    this.#scenario = scenario
    this.instance = axios.create({ baseURL: upstream.origin })
    this.#plain = axios.create({ baseURL: upstream.origin, validateStatus: () => true })
    this.breaker.on('failed', () => this.#count('failures'))
    this.breaker.on('rejected', () => this.#count('refusals'))
    this.circuit = this.#attach(this.#plain)
    if (order === 'attached before') this.#attach(this.instance)
    this.plugged = plug(this.instance)
    if (order === 'attached after') this.#attach(this.instance)
    this.reset()
  }

  /** Since the scenario began. */
  get counts(): Counts {
    return { ...this.#seen, hits: this.#upstream.hits - this.#seen.hits }
  }

  /** Begins anew. */
  reset(): void {
    this.#seen = { ...NOTHING, hits: this.#upstream.hits }
  }

  /** Opens the circuit by what another instance on it meets. */
  async open(): Promise<void> {
    this.#preparing = true
    while (this.circuit.state !== 'opened') {
      await this.#plain.get('/', { adapter: failing }).catch(() => undefined)
    }
    this.#preparing = false
    this.reset()
  }

  async halfOpen(): Promise<void> {
    await this.open()
    this.elapse()
  }

  /** Lets the ttl pass. */
  elapse(): void {
    advance(TTL + 1)
  }

  /** True where another instance's request reaches the server; rejects where the circuit refuses it. */
  async admits(): Promise<boolean> {
    const before = this.#upstream.hits
    await this.#plain.get('/')
    return this.#upstream.hits === before + 1
  }

  /** As `admits`, after the ttl, so that only a leaked permit can stand in the way. */
  admitsProbe(): Promise<boolean> {
    this.elapse()
    return this.admits()
  }

  #attach(instance: AxiosInstance): Circuit {
    const { threshold = 100 } = this.#scenario
    const options = { threshold, ttl: TTL, probeTimeout: PROBE_TIMEOUT, outcome: this.#judge }
    return this.breaker.attach(instance, 'counted', options)
  }

  readonly #judge = (): Outcome | undefined => {
    if (this.#preparing) return 'failure'
    this.#count('attempts')
    return this.#scenario.outcome
  }

  #count(what: keyof Counts): void {
    this.#seen = { ...this.#seen, [what]: this.#seen[what] + 1 }
  }
}

const failing = async (_config: InternalAxiosRequestConfig): Promise<never> => {
  throw new Error('what opens the circuit')
}

/** What a promise that must reject rejects with. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('Expected a rejection')
}

/** The minor version of axios 1 that the specs run against: some ways of old versions are their own. */
export const AXIOS_MINOR = Number(axios.VERSION.split('.')[1])
