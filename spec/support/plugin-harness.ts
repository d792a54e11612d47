/**
 * An axios instance with a plugin and a circuit, attached in either order. It counts what they do, as the
 * public API and the server show it.
 */
import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { CircuitBreaker, type Circuit, type Outcome } from '../../lib/index.js'
import { advance } from './clock.js'
import type { Upstream } from './upstream.js'

/** When the circuit is attached, relative to the plugin. */
export const ORDERS = ['attached before', 'attached after'] as const
export type Order = (typeof ORDERS)[number]

export interface Counts {
  /** Requests that reached the server. */
  readonly hits: number
  /** Recorded attempts: calls of the `outcome` option. */
  readonly attempts: number
  readonly failures: number
  readonly refusals: number
}

export interface Scenario {
  readonly threshold?: number
  /** The outcome of every attempt, in place of the default rule. */
  readonly outcome?: Outcome
}

const TTL = 30
/** So long that no timeout frees a leaked permit. */
const PROBE_TIMEOUT = 1e6
const NOTHING: Counts = { hits: 0, attempts: 0, failures: 0, refusals: 0 }

export class PluginHarness<Plugged> {
  readonly instance: AxiosInstance
  readonly breaker = new CircuitBreaker()
  readonly circuit: Circuit
  /** What the plugin returned when it was applied to the instance. */
  readonly plugged: Plugged
  readonly #upstream: Upstream
  readonly #scenario: Scenario
  /** An instance without the plugin, on the same circuit. */
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

  /** Counts since the start or the last `reset()`. */
  get counts(): Counts {
    return { ...this.#seen, hits: this.#upstream.hits - this.#seen.hits }
  }

  /** Starts to count anew. */
  reset(): void {
    this.#seen = { ...NOTHING, hits: this.#upstream.hits }
  }

  /** Opens the circuit by failures of another instance on it. */
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

  /** Resolves to true if another instance's request reaches the server; rejects if the circuit refuses it. */
  async admits(): Promise<boolean> {
    const before = this.#upstream.hits
    await this.#plain.get('/')
    return this.#upstream.hits === before + 1
  }

  /** Like `admits`, after the ttl, so that only a leaked permit can prevent it. */
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
  throw new Error('This opens the circuit')
}

/** Gives the error of a promise that must reject. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('Expected a rejection')
}

/** The minor version of axios 1 that the specs run against, because old versions behave differently. */
export const AXIOS_MINOR = Number(axios.VERSION.split('.')[1])
