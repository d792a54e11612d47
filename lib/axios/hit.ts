/** Asks an adapter that is known to cache answers for one of them, without sending anything. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { inLaterTurn } from '../internal/turns.js'
import { isCachedAnswer } from './cached.js'
import { UnsentError } from './errors.js'

/**
 * Whether an adapter caches answers. One that sent a request anyway is not asked again. One that is late is
 * unknown, until its answer comes or the circuit sees another cached one.
 */
const keepers = new WeakMap<object, boolean>()
/** Whether there is one at all: looking an adapter up costs each request as much as the rest of its admission. */
let hasKeepers = false

/** Nobody caches the answers to others, and sending one of these after all does the least harm. */
const SAFE_METHOD = /^(?:get|head|options)$/i
/** Milliseconds allowed for a cache, because a refusal must not wait long. */
const PATIENCE = 1000

/** What keeps a look from being sent. */
class Prevented extends Error {
  override readonly message = 'Only a cached answer may be used'
}

/** Errors of requests that were sent: a cache may hand one of them to a look as well. */
const sentErrors = new WeakSet<object>()

/** The tokens of looks, which copies of their configs have too. */
const tokens = new WeakSet<object>()

/** An adapter that sends a request reads its cancel token first. A cache has no need to. */
class Look {
  readonly config: InternalAxiosRequestConfig
  readonly #token: object
  #isPrevented = false

  constructor(config: InternalAxiosRequestConfig) {
    this.#token = new Proxy({}, { get: (_target, key) => this.#prevent(key) })
    tokens.add(this.#token)
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

/** Whether somebody looks for a cached answer. An inner guard neither refuses nor counts that. */
export function isLook({ cancelToken }: InternalAxiosRequestConfig): boolean {
  return tokens.has(cancelToken as object)
}

/** Call this if an adapter has returned a cached answer. */
export function isKeeper(adapter: object): void {
  if (!keepers.has(adapter)) keepers.set(adapter, true)
  hasKeepers = true
}

export function keeps(adapter: object): boolean {
  return hasKeepers && keepers.get(adapter) === true
}

/** Call this if an adapter has sent a request that failed. */
export function noteError(error: unknown): void {
  if (hasKeepers && typeof error === 'object' && error !== null) sentErrors.add(error)
}

/** Whether the adapter may have an answer to such a request. */
export function mayHaveHit(
  adapter: object,
  { method = 'get' }: InternalAxiosRequestConfig,
): boolean {
  return keeps(adapter) && SAFE_METHOD.test(method)
}

/** @returns the cached answer; undefined if there is none in time, whatever else the adapter does */
export async function hitOf(
  adapter: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse | undefined> {
  let isOver = false
  const late = new Promise<undefined>((resolve) => {
    inLaterTurn(() => {
      if (!isOver && keeps(adapter)) keepers.delete(adapter)
      resolve(undefined)
    }, PATIENCE)
  })
  const hit = await Promise.race([lookFor(adapter, config), late])
  isOver = true
  return hit
}

/** Judges the adapter even if it is late: it may have shared a request that hung, or its store was slow. */
async function lookFor(
  adapter: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse | undefined> {
  const look = new Look(config)
  try {
    const response = await adapter(look.config)
    const isOwn = look.isOwn(response)
    judge(adapter, isOwn && !isCachedAnswer(response))
    return isOwn ? { ...response, config } : response
  } catch (error) {
    judge(adapter, look.isSent(error))
    return undefined
  }
}

function judge(adapter: AxiosAdapter, hasSent: boolean): void {
  if (hasSent) keepers.set(adapter, false)
  else isKeeper(adapter)
}
