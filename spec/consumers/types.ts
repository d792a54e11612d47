/** Compiled only: the public types as ESM and as CommonJS apps see them. */
import axios, { AxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import {
  CircuitBreaker,
  ConfigError,
  OpenedStateError,
  type AttemptResult,
  type Circuit,
  type CircuitBreakerOptions,
  type CircuitEvents,
  type CircuitOptions,
  type CircuitState,
  type EventName,
  type Fallback,
  type JudgeOutcome,
  type Listener,
  type Outcome,
  NotInitializedError,
} from 'axios-breaker'

import { RedisStorage, type RedisClient, type RedisStorageOptions } from 'axios-breaker/redis'
import {
  decide,
  defineStorage,
  type Answer,
  type Connection,
  type ConnectionListener,
  type Kept,
  type Question,
  type SharedStorage,
  type SharingOptions,
} from 'axios-breaker/storage'
import { MemoryStorage, type MemoryStorageOptions } from 'axios-breaker/testing'

const judge: JudgeOutcome = ({ response, error }: AttemptResult): Outcome | undefined =>
  response?.status === 429 || error instanceof AxiosError ? 'failure' : undefined
const fallback: Fallback = (error: OpenedStateError, config: InternalAxiosRequestConfig) => ({
  url: config.url,
  retryAfter: error.retryAfter,
})
const defaults: CircuitBreakerOptions = { threshold: 5, ttl: 30 }
const options: CircuitOptions = { threshold: 3, ttl: 0.5, permits: 2, outcome: judge, fallback }

const breaker = new CircuitBreaker(defaults)
const users: AxiosInstance = axios.create({ baseURL: 'http://users.internal', timeout: 2000 })
const circuit: Circuit = breaker.attach(users, 'users', options)
breaker.attach(axios, 'global')

export async function use(): Promise<string | undefined> {
  await breaker.init()
  try {
    await users.get('/naruto', { circuitBreaker: false })
    await users.request({ url: '/naruto', circuitBreaker: true })
    const { data } = await users.get<{ name: string }>('/naruto')
    return data.name
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    if (!(error instanceof OpenedStateError)) throw error
    const own: AxiosError = error
    const state: 'opened' | 'half-opened' = error.state
    const retryAfter: number = error.retryAfter
    return `${error.circuit} ${state} ${retryAfter} ${own.code}`
  } finally {
    await breaker.flush()
    await breaker.close()
  }
}

const listener: Listener<'stateChanged'> = ({ circuit: about, from, to, origin }) =>
  [about, from, to, origin].join(' ')
const off: () => void = breaker.on('stateChanged', listener)
off()
const name: EventName = 'rejected'
breaker.on(name, (event: CircuitEvents['rejected']) => event.retryAfter.toFixed(1))

export const states: readonly CircuitState[] = breaker.circuits.map(({ state }) => state)
export const found: Circuit | undefined = breaker.circuit('users')
circuit.detach()

const redis: RedisStorageOptions = { url: 'redis://redis.internal', prefix: 'app', quorum: 2 }
declare const client: RedisClient
const memory: MemoryStorageOptions = { now: () => 0, lease: 5 }
const patience: SharingOptions = { permitDeadline: 0.1 }

const kept = new Map<string, Kept>()
function connect(received: ConnectionListener): Connection {
  const ask = (question: Question): Promise<Answer> => {
    const decision = decide(kept.get(question.circuit), question, 0)
    if (decision.kept) kept.set(question.circuit, decision.kept)
    return Promise.resolve(decision.answer)
  }
  received.resumed()
  return { ready: Promise.resolve(), isUp: true, ask, close: () => Promise.resolve() }
}
const own: SharedStorage = defineStorage({ options: patience, connect })
export const shared = [
  new RedisStorage(redis),
  new RedisStorage({ client }),
  new MemoryStorage(memory),
  own,
].map((storage) => new CircuitBreaker({ storage }).storageUp)
export const isPremature = (error: unknown): boolean => error instanceof NotInitializedError

// @ts-expect-error no storage
void new CircuitBreaker({ storage: {} })
// @ts-expect-error a circuit is switched off by `false`, not by a word
void users.get('/naruto', { circuitBreaker: 'off' })
// @ts-expect-error not a client
void new RedisStorage({ client: {} })
// @ts-expect-error no such option
breaker.attach(users, 'users', { treshold: 3 })
// @ts-expect-error no such event
breaker.on('opened', () => undefined)
// @ts-expect-error not an axios instance
breaker.attach({}, 'users')
// @ts-expect-error a judge answers with one of three words
breaker.attach(users, 'users', { outcome: () => 'broken' })
// @ts-expect-error the state of a circuit is read-only
circuit.state = 'closed'
