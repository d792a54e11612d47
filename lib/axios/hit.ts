/** Asks an adapter that is known to keep answers for one of them, while nothing is to be sent. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../property.js'
import { isCachedAnswer } from './cached.js'

/** Whether an adapter keeps answers: one that has sent a request all the same is not asked again. */
const keepers = new WeakMap<object, boolean>()

/** Whoever is to send a request looks at its cancel token first; a cache has no need to. */
const UNSENDABLE = new Proxy(
  {},
  {
    get() {
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
    const response = await adapter(unsendable)
    const isOwn = property(response, 'config') === unsendable
    if (isOwn && !isCachedAnswer(response)) keepers.set(adapter, false)
    return isOwn ? { ...response, config } : response
  } catch {
    return undefined
  }
}
