/** Asks an adapter that is known to cache answers for one of them, without sending anything. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { inLaterTurn } from '../internal/turns.js'
import { isCachedAnswer } from './cached.js'

/** Whether an adapter caches answers. One that sent a request anyway, or was late, is not asked again. */
const keepers = new WeakMap<object, boolean>()
/** Whether there is one at all: looking an adapter up costs each request as much as the rest of its admission. */
let hasKeepers = false

/** Milliseconds allowed for a cache, because a refusal must not wait long. */
const PATIENCE = 1000
const LATE = new Error('The cache did not answer in time')

/** An adapter that sends a request reads its cancel token first. A cache has no need to. */
const UNSENDABLE = new Proxy(
  {},
  {
    get(_target, key) {
      // The http adapter of axios 1.7 unsubscribes from the token before it rejects.
      if (key === 'unsubscribe') return () => undefined
      throw new Error('The circuit refuses requests, and only a cached answer may be used')
    },
  },
)

/** Call this if an adapter has returned a cached answer. */
export function isKeeper(adapter: object): void {
  if (!keepers.has(adapter)) keepers.set(adapter, true)
  hasKeepers = true
}

export function keeps(adapter: object): boolean {
  return hasKeepers && keepers.get(adapter) === true
}

/** @returns the cached answer; undefined if there is none, whatever else the adapter does */
export async function hitOf(
  adapter: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse | undefined> {
  const unsendable = { ...config, cancelToken: UNSENDABLE } as never
  try {
    const late = new Promise<never>((_resolve, reject) => {
      inLaterTurn(() => reject(LATE), PATIENCE)
    })
    const response = await Promise.race([adapter(unsendable), late])
    const isOwn = property(response, 'config') === unsendable
    if (isOwn && !isCachedAnswer(response)) keepers.set(adapter, false)
    return isOwn ? { ...response, config } : response
  } catch (error) {
    if (error === LATE) keepers.set(adapter, false)
    return undefined
  }
}
