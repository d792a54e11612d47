/** Decides which requests bypass a circuit. Those are neither refused nor counted. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { ConfigError } from '../internal/config-error.js'
import { describeKind } from '../internal/quote.js'
import { isCacheHit } from './cached.js'
import { asksItself } from './inner-guards.js'
import { wasDestroyed } from './unread.js'
import type { Post } from './wrapper.js'

/** @returns whether the request bypasses the circuit, or the error of its option or its body */
export function passesBy(
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  adapter: AxiosAdapter | undefined,
  post: Post,
): boolean | ConfigError {
  if (wasDestroyed(config.data)) return bodyError()
  const option: unknown = config.circuitBreaker
  if (option === false) return true
  // An inner guard handles the request, or a cache answers it.
  if (adapter) {
    if (asksItself(adapter, circuit) || (adapter !== post.plain && isHit(adapter, config, post))) {
      return true
    }
  }
  return option !== undefined && option !== true && optionError(option)
}

/** Remembers plain adapters: reading a function's name and length costs as much as everything else here. */
function isHit(adapter: AxiosAdapter, config: InternalAxiosRequestConfig, post: Post): boolean {
  if (isCacheHit(adapter, config)) return true
  // No cache's adapter, since those take no config. What takes none may be a hit with another config.
  if (adapter.length > 0) post.plain = adapter
  return false
}

function bodyError(): ConfigError {
  return new ConfigError(
    'Invalid data of a request: its stream was destroyed when a circuit refused it. Make a new stream',
  )
}

/** It is unclear whether the request should bypass the circuit, and both guesses could be wrong. */
function optionError(given: unknown): ConfigError {
  const expected = 'expected true, false or undefined'
  return new ConfigError(
    `Invalid option circuitBreaker of a request: ${expected}, given ${describeKind(given)}`,
  )
}
