/** Answers that come out of a cache: nothing to refuse, and nothing to learn of the service. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'

interface Marked {
  readonly cached?: unknown
  readonly fromCache?: unknown
  readonly request?: Marked | null
}

/** The name that axios-cache-interceptor gives it. */
const CACHED = 'cachedAdapter'

/** Before it is sent: an adapter that only hands out what is there. */
export function isCacheHit(adapter: AxiosAdapter, config: InternalAxiosRequestConfig): boolean {
  return adapter.name === CACHED || isMinifiedHit(adapter, config)
}

/** Of an adapter that `isCacheHit` never takes for a cache's, whatever the config. */
export function isPlain(adapter: AxiosAdapter): boolean {
  return adapter.name !== CACHED && adapter.length > 0
}

/** By the marks that caches leave on a response, or on the request behind it. */
export function isCachedAnswer(response: unknown): boolean {
  try {
    const answer = response as Marked | null | undefined
    return isMarked(answer) || isMarked(answer?.request)
  } catch {
    // Of a getter. No cache of a caller's throws.
    return false
  }
}

// Every request comes by: properties by name cost it less than by a function for all of them.
function isMarked(value: Marked | null | undefined): boolean {
  return value?.cached === true || value?.fromCache === true
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
