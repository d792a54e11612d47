/** Answers from a cache: there is nothing to refuse, and they say nothing about the service. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'

interface Marked {
  readonly cached?: unknown
  readonly fromCache?: unknown
  readonly request?: Marked | null
}

/** The name of the adapter that axios-cache-interceptor sets for a hit. */
const CACHED = 'cachedAdapter'

/** Whether the adapter only returns a cached answer. Known before the request is sent. */
export function isCacheHit(adapter: AxiosAdapter, config: InternalAxiosRequestConfig): boolean {
  return adapter.name === CACHED || isMinifiedHit(adapter, config)
}

/** Whether a cache has marked the response, or the request behind it. */
export function isCachedAnswer(response: unknown): boolean {
  try {
    const answer = response as Marked | null | undefined
    return isMarked(answer) || isMarked(answer?.request)
  } catch {
    // A getter threw. The marks of caches do not.
    return false
  }
}

// Runs for every request. Direct property access costs less than a generic function.
function isMarked(value: Marked | null | undefined): boolean {
  return value?.cached === true || value?.fromCache === true
}

/**
 * Recognizes a hit of axios-cache-interceptor if a minifier dropped the adapter's name. A stored answer is
 * already transformed, so the hit has no transforms, and its adapter takes no config.
 */
function isMinifiedHit(adapter: AxiosAdapter, config: InternalAxiosRequestConfig): boolean {
  if (config.transformResponse !== undefined || adapter.length > 0) return false
  const { cache, id } = config as { readonly cache?: unknown; readonly id?: unknown }
  return typeof cache === 'object' && id !== undefined
}
