/** A refusal is final: its config keeps retry plugins from sending the request again. */
import type { InternalAxiosRequestConfig } from 'axios'

/** Matches the option names of axios-retry, retry-axios and home-made interceptors. */
const RETRY_KEY = /retr(?:y|ies)/i

/** Matches conditions, but no listeners such as `onRetry`. */
const CONDITION_KEY = /^(?!on[A-Z]).*retr(?:y|ies)/i

const never = (): boolean => false

/** Works on a copy, because the config belongs to the caller. */
export function withoutRetries(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const copy: InternalAxiosRequestConfig & { raxConfig?: unknown } = { ...config }
  for (const [key, value] of Object.entries(config)) {
    if (RETRY_KEY.test(key)) Object.assign(copy, { [key]: disarmed([key, value]) })
  }
  // retry-axios retries unless this forbids it.
  copy.raxConfig = Object.assign(disarmedAll(copy.raxConfig), { retry: 0, noResponseRetries: 0 })
  return copy
}

/** Sets limits to 0, and makes conditions return false. Lists and listeners stay. */
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
