/** What stands before a circuit: a request that may pass is neither refused nor counted. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { ConfigError } from '../internal/config-error.js'
import { describeKind } from '../internal/quote.js'
import type { Adapter } from './axios.js'
import { isCacheHit, isPlain } from './cached.js'
import type { Post } from './wrapper.js'

/** @returns whether the request passes the circuit by, or what is wrong with its option */
export function passesBy(
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  adapter: Adapter,
  post: Post,
): boolean | ConfigError {
  const option: unknown = config.circuitBreaker
  if (option === false) return true
  // What an inner guard answers for, and hits of caches.
  if (typeof adapter === 'function') {
    if (circuit.leaves(adapter) || (adapter !== post.plain && isHit(adapter, config, post))) {
      return true
    }
  }
  return option !== undefined && option !== true && optionError(option)
}

/** A function's name and length cost each request as much as all the rest here. */
function isHit(adapter: AxiosAdapter, config: InternalAxiosRequestConfig, post: Post): boolean {
  if (isCacheHit(adapter, config)) return true
  if (isPlain(adapter)) post.plain = adapter
  return false
}

/** A request that was to go past the circuit, or not: whichever was meant, the other would be wrong. */
function optionError(given: unknown): ConfigError {
  const expected = 'expected true, false or undefined'
  return new ConfigError(
    `Invalid option circuitBreaker of a request: ${expected}, given ${describeKind(given)}`,
  )
}
