/** Breakers that share circuits through Redis, each with axios instances and a record of its events. */
import axios, { type AxiosInstance } from 'axios'
import {
  CircuitBreaker,
  type Circuit,
  type CircuitEvents,
  type CircuitOptions,
} from '../../lib/index.js'
import { RedisStorage, type RedisStorageOptions } from '../../lib/redis/index.js'
import { until } from './until.js'
import type { Upstream } from './upstream.js'

/** Deadlines that a busy machine does not miss, and a `refresh` so long that only messages bring news. */
const PATIENT = { permitDeadline: 5, commandDeadline: 5, initDeadline: 60, refresh: 60 }
const RULES: CircuitOptions = { threshold: 1, ttl: 60 }

type Storage = Omit<RedisStorageOptions, 'url' | 'client'> &
  ({ readonly url: string } | { readonly client: NonNullable<RedisStorageOptions['client']> })

const all = new Set<SharedBreaker>()

export class SharedBreaker {
  readonly breaker: CircuitBreaker
  readonly moves: CircuitEvents['stateChanged'][] = []
  readonly losses: string[] = []
  restored = 0
  readonly #upstream: Upstream
  readonly #instances = new Map<string, AxiosInstance>()

  /** @param names of its circuits */
  constructor(
    upstream: Upstream,
    storage: Storage,
    { names = ['users'], ...rules }: CircuitOptions & { names?: readonly string[] } = {},
  ) {
    this.#upstream = upstream
    this.breaker = new CircuitBreaker({
      ...RULES,
      ...rules,
      storage: new RedisStorage({ ...PATIENT, ...storage }),
    })
    this.breaker.on('stateChanged', (event) => this.moves.push(event))
    this.breaker.on('storageLost', ({ reason }) => this.losses.push(reason))
    this.breaker.on('storageRestored', () => (this.restored += 1))
    for (const name of names) this.attach(name)
    all.add(this)
  }

  /** Makes a breaker, and connects it. */
  static async join(...args: ConstructorParameters<typeof SharedBreaker>): Promise<SharedBreaker> {
    const peer = new SharedBreaker(...args)
    await peer.breaker.init()
    return peer
  }

  static async closeAll(): Promise<void> {
    await Promise.all(Array.from(all, ({ breaker }) => breaker.close()))
    all.clear()
  }

  /** The first circuit. */
  get circuit(): Circuit {
    return this.breaker.circuits[0] as Circuit
  }

  get state(): string {
    return this.circuit.state
  }

  /** Names of all opened circuits. */
  get opened(): string[] {
    return this.breaker.circuits.filter(({ state }) => state === 'opened').map(({ name }) => name)
  }

  attach(name: string): Circuit {
    const instance = axios.create({ baseURL: this.#upstream.origin })
    this.#instances.set(name, instance)
    return this.breaker.attach(instance, name)
  }

  /** Sends a request. @returns its status, or the code of its error */
  async get(path = '/', name = this.circuit.name): Promise<unknown> {
    const instance = this.#instances.get(name) as AxiosInstance
    return instance.get(path, { validateStatus: () => true }).then(
      ({ status }) => status,
      (error: unknown) => Reflect.get(Object(error) as object, 'code'),
    )
  }

  /** Makes a request fail, and waits until that is reported if the storage is up. */
  async fail(name = this.circuit.name): Promise<void> {
    await this.get('/status/500', name)
    await this.breaker.flush()
  }

  /** Makes a request succeed, and waits for its effect if it is a probe. */
  async succeed(name = this.circuit.name): Promise<void> {
    await this.get('/status/200', name)
    await this.breaker.flush()
  }

  async becomes(state: string, name = this.circuit.name): Promise<void> {
    await until(`${name} is ${state}`, () => this.breaker.circuit(name)?.state === state)
  }
}
