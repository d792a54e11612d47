/** A refusal is final: the config that it carries has no plugin send the request again. */
import type { InternalAxiosRequestConfig } from 'axios'

/** As axios-retry, retry-axios and interceptors of one's own name what they go by. */
const RETRY_KEY = /retr(?:y|ies)/i

/** A condition, and no listener such as `onRetry`. */
const CONDITION_KEY = /^(?!on[A-Z]).*retr(?:y|ies)/i

const never = (): boolean => false

/** On a copy, for the caller's own config is not ours to change. */
export function withoutRetries(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const copy: InternalAxiosRequestConfig & { raxConfig?: unknown } = { ...config }
  for (const [key, value] of Object.entries(config)) {
    if (RETRY_KEY.test(key)) Object.assign(copy, { [key]: disarmed([key, value]) })
  }
  // retry-axios repeats whatever does not forbid it here.
  copy.raxConfig = Object.assign(disarmedAll(copy.raxConfig), { retry: 0, noResponseRetries: 0 })
  return copy
}

/** Limits become 0, and conditions say no. What is neither stays: lists, listeners. */
function disarmed([key, value]: readonly [string, unknown]): unknown {
  if (typeof value === 'number') return 0
  if (typeof value === 'function') return CONDITION_KEY.test(key) ? never : value
  if (value === true && key === 'retry') return false
  return isPlain(value) ? disarmedAll(value) : value
}

function disarmedAll(options: unknown): object {
  const entries = Object.entries(isPlain(options) ? options : {})
  const all = Object.fromEntries(entries.map((entry) => [entry[0], disarmed(entry)]))
  return { ...all, retries: 0 }
}

function isPlain(value: unknown): value is object {
  const prototype: unknown = typeof value === 'object' && value && Object.getPrototypeOf(value)
  return prototype === Object.prototype || (prototype === null && value !== null)
}
