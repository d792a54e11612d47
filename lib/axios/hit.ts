/** Asks an adapter that is known to cache answers for one of them, without sending anything. */
import type { AxiosAdapter, AxiosResponse, CancelToken, InternalAxiosRequestConfig } from 'axios'
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
const SAFE_METHOD = /^(get|head|options)$/i
/** Milliseconds allowed for a cache, because a refusal must not wait long. */
const PATIENCE = 1000

/** What a cache may hand to a look that was not sent: the errors of requests, and of looks. */
const knownErrors = new WeakSet<object>()

/** Call this if an adapter has returned a cached answer, or has sent a request in place of one. */
export function learn(adapter: object, isKeeper: boolean): void {
  if (!isKeeper || !keepers.has(adapter)) keepers.set(adapter, isKeeper)
  hasKeepers = true
}

export function keeps(adapter: object): boolean {
  return hasKeepers && keepers.get(adapter) === true
}

/** Call this if an adapter has sent a request that failed. */
export function noteError(error: unknown): void {
  if (hasKeepers) knownErrors.add(Object(error) as object)
}

/** Whether the adapter may have an answer to such a request. */
export function mayHaveHit(
  adapter: object,
  { method = 'get' }: InternalAxiosRequestConfig,
): boolean {
  return keeps(adapter) && SAFE_METHOD.test(method)
}

/** @returns the cached answer; undefined if there is none, whatever else the adapter does; null if it is late */
export async function hitOf(
  adapter: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse | null | undefined> {
  const late = new Promise<null>((resolve) => {
    inLaterTurn(() => resolve(null), PATIENCE)
  })
  const hit = await Promise.race([lookFor(adapter, config), late])
  if (hit === null && keeps(adapter)) keepers.delete(adapter)
  return hit
}

/** Judges the adapter even if it is late: it may have shared a request that hung, or its store was slow. */
async function lookFor(
  adapter: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse | undefined> {
  let isPrevented = false
  const cancelToken = preventing(() => (isPrevented = true))
  // An inner guard neither refuses nor counts a look.
  const look = { ...config, cancelToken, circuitBreaker: false }
  try {
    const response = await adapter(look)
    const answered = property(response, 'config')
    // The answer belongs to the look if it has its config, or a copy of it.
    const isOwn = answered === look || property(answered, 'cancelToken') === cancelToken
    learn(adapter, !isOwn || isCachedAnswer(response))
    return isOwn ? { ...response, config } : response
  } catch (error) {
    learn(adapter, isPrevented || isKnown(error) || isKnown(property(error, 'cause')))
    return undefined
  }
}

/** An adapter that sends a request reads its cancel token first. A cache has no need to. */
function preventing(onRead: () => unknown): CancelToken {
  // A new one for each look: axios adds the caller's stack to an error that passes.
  const prevented = new Error('Not cached')
  knownErrors.add(prevented)
  return new Proxy({} as CancelToken, {
    get(_target, key) {
      onRead()
      // The http adapter of axios 1.7 unsubscribes from the token before it rejects.
      if (key === 'unsubscribe') return () => undefined
      throw prevented
    },
  })
}

function isKnown(error: unknown): boolean {
  return error instanceof UnsentError || knownErrors.has(Object(error) as object)
}
