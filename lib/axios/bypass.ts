/** What stands before a circuit: a request that may pass is neither refused nor counted. */
import type { InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { ConfigError } from '../internal/config-error.js'
import { describeKind } from '../internal/quote.js'
import type { Adapter } from './axios.js'
import { isCacheHit } from './cached.js'

/** @returns whether the request passes the circuit by, or what is wrong with its option */
export function passesBy(
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  adapter: Adapter,
): boolean | ConfigError {
  const option: unknown = config.circuitBreaker
  if (option === false) return true
  // Hits of caches, and what an inner guard answers for.
  if (typeof adapter === 'function' && (circuit.leaves(adapter) || isCacheHit(adapter, config))) {
    return true
  }
  return option !== undefined && option !== true && optionError(option)
}

/** A request that was to go past the circuit, or not: whichever was meant, the other would be wrong. */
function optionError(given: unknown): ConfigError {
  const expected = 'expected true, false or undefined'
  return new ConfigError(
    `Invalid option circuitBreaker of a request: ${expected}, given ${describeKind(given)}`,
  )
}
