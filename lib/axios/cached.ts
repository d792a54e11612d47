/** Answers that come out of a cache: nothing to refuse, and nothing to learn of the service. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import { property } from '../property.js'

/** Before it is sent: an adapter that only hands out what is there. */
export function isCacheHit(adapter: AxiosAdapter, config: InternalAxiosRequestConfig): boolean {
  return (
    adapter.name === 'cachedAdapter' ||
    isMarked(config) ||
    isMarked(adapter) ||
    isMinifiedHit(adapter, config)
  )
}

/** By the marks that caches leave on a response, or on the request behind it. */
export function isCachedAnswer(response: unknown): boolean {
  return isMarked(response) || isMarked(property(response, 'request'))
}

function isMarked(value: unknown): boolean {
  return property(value, 'cached') === true || property(value, 'fromCache') === true
}

/**
 * axios-cache-interceptor without its adapter's name. It takes the transforms off, which an answer
 * out of its storage has behind it, and its adapter takes no config to send.
 */
function isMinifiedHit(adapter: AxiosAdapter, config: InternalAxiosRequestConfig): boolean {
  if (config.transformResponse !== undefined || adapter.length > 0) return false
  const { cache, id } = config as { readonly cache?: unknown; readonly id?: unknown }
  return typeof cache === 'object' && id !== undefined
}
