/** Asks an adapter that is known to keep answers for one of them, while nothing is to be sent. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { inLaterTurn } from '../internal/turns.js'
import { isCachedAnswer } from './cached.js'

/** Whether an adapter keeps answers: one that has sent a request all the same, or was late, is not asked again. */
const keepers = new WeakMap<object, boolean>()

/** Milliseconds for which a cache may look: a refusal does not wait for long. */
const PATIENCE = 1000
const LATE = new Error('The cache takes too long')

/** Whoever is to send a request looks at its cancel token first; a cache has no need to. */
const UNSENDABLE = new Proxy(
  {},
  {
    get(_target, key) {
      // The http adapter of axios 1.7 lets go of the token before it rejects.
      if (key === 'unsubscribe') return () => undefined
      throw new Error('Nothing is to be sent')
    },
  },
)

/** It has answered with something that it kept. */
export function isKeeper(adapter: object): void {
  if (!keepers.has(adapter)) keepers.set(adapter, true)
}

export function keeps(adapter: object): boolean {
  return keepers.get(adapter) === true
}

/** @returns what the adapter keeps for the request; undefined if nothing, whatever it does then */
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
