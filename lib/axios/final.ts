/** A refusal is final: the config that it carries has no plugin send the request again. */
import type { InternalAxiosRequestConfig } from 'axios'

/** retry-axios repeats whatever does not forbid it here. */
const RETRY_AXIOS = 'raxConfig'

/** As axios-retry, retry-axios and interceptors of one's own name what they go by. */
const RETRY_KEY = /retr(?:y|ies)/i

/** A condition, and no listener such as `onRetry`. */
const CONDITION_KEY = /^(?!on[A-Z]).*retr(?:y|ies)/i

const never = (): boolean => false

/** On a copy, for the caller's own config is not ours to change. */
export function withoutRetries(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const copy: Record<string, unknown> = { ...config }
  for (const key of Object.keys(copy)) {
    if (RETRY_KEY.test(key)) copy[key] = disarmed(key, copy[key])
  }
  copy[RETRY_AXIOS] = { ...without(copy[RETRY_AXIOS]), retry: 0, noResponseRetries: 0 }
  return copy as unknown as InternalAxiosRequestConfig
}

/** Limits become 0, and conditions say no. What is neither stays: delays, lists, listeners. */
function disarmed(key: string, value: unknown): unknown {
  if (typeof value === 'number') return 0
  if (typeof value === 'function') return CONDITION_KEY.test(key) ? never : value
  if (key === 'retry' && value === true) return false
  return isPlain(value) ? { ...without(value), retries: 0 } : value
}

function without(options: unknown): object {
  if (!isPlain(options)) return {}
  const entries = Object.entries(options)
  return Object.fromEntries(entries.map(([key, value]) => [key, disarmedOption(key, value)]))
}

function disarmedOption(key: string, value: unknown): unknown {
  if (typeof value === 'number') return 0
  return typeof value === 'function' && CONDITION_KEY.test(key) ? never : value
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
