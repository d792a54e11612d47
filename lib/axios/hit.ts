/** Asks an adapter that is known to cache answers for one of them, without sending anything. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { inLaterTurn } from '../internal/turns.js'
import { isCachedAnswer } from './cached.js'
import { UnsentError } from './errors.js'

/** Whether an adapter caches answers. One that sent a request anyway, or was late, is not asked again. */
const keepers = new WeakMap<object, boolean>()
/** Whether there is one at all: looking an adapter up costs each request as much as the rest of its admission. */
let hasKeepers = false

/** Nobody caches the answers to others, and sending one of these after all does the least harm. */
const SAFE_METHOD = /^(?:get|head|options)$/i
/** Milliseconds allowed for a cache, because a refusal must not wait long. */
const PATIENCE = 1000
const LATE = new Error('The cache did not answer in time')

/** What keeps a look from being sent. */
class Prevented extends Error {
  override readonly message = 'Only a cached answer may be used'
}

/** Errors of requests that were sent: a cache may hand one of them to a look as well. */
const sentErrors = new WeakSet<object>()

/** An adapter that sends a request reads its cancel token first. A cache has no need to. */
class Look {
  readonly config: InternalAxiosRequestConfig
  readonly #token: object
  #isPrevented = false

  constructor(config: InternalAxiosRequestConfig) {
    this.#token = new Proxy({}, { get: (_target, key) => this.#prevent(key) })
    this.config = { ...config, cancelToken: this.#token } as never
  }

  /** Whether an answer belongs to this look: it has its config, or a copy of it. */
  isOwn(response: unknown): boolean {
    const config = property(response, 'config')
    return config === this.config || property(config, 'cancelToken') === this.#token
  }

  /** Whether an error shows that the adapter has sent this look. Caches hand one error to several callers. */
  isSent(error: unknown): boolean {
    if (this.#isPrevented || sentErrors.has(Object(error) as object)) return false
    const causes = [error, property(error, 'cause')]
    return !causes.some((cause) => cause instanceof Prevented || cause instanceof UnsentError)
  }

  #prevent(key: PropertyKey): unknown {
    this.#isPrevented = true
    // The http adapter of axios 1.7 unsubscribes from the token before it rejects.
    if (key === 'unsubscribe') return () => undefined
    throw new Prevented()
  }
}

/** Call this if an adapter has returned a cached answer. */
export function isKeeper(adapter: object): void {
  if (!keepers.has(adapter)) keepers.set(adapter, true)
  hasKeepers = true
}

export function keeps(adapter: object): boolean {
  return hasKeepers && keepers.get(adapter) === true
}

/** Call this if the adapter has sent a request that failed. */
export function noteError(adapter: object, error: unknown): void {
  if (keeps(adapter) && typeof error === 'object' && error !== null) sentErrors.add(error)
}

/** Whether the adapter may have an answer to such a request. */
export function mayHaveHit(
  adapter: object,
  { method = 'get' }: InternalAxiosRequestConfig,
): boolean {
  return keeps(adapter) && SAFE_METHOD.test(method)
}

/** @returns the cached answer; undefined if there is none, whatever else the adapter does */
export async function hitOf(
  adapter: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse | undefined> {
  const look = new Look(config)
  try {
    const response = await inTime(adapter(look.config))
    if (!look.isOwn(response)) return response
    if (!isCachedAnswer(response)) keepers.set(adapter, false)
    return { ...response, config }
  } catch (error) {
    if (error === LATE || look.isSent(error)) keepers.set(adapter, false)
    return undefined
  }
}

function inTime(answer: Promise<AxiosResponse>): Promise<AxiosResponse> {
  const late = new Promise<never>((_resolve, reject) => {
    inLaterTurn(() => reject(LATE), PATIENCE)
  })
  return Promise.race([answer, late])
}
