/** The part of a breaker that metrics observe: its circuits and events, and nothing about the requests. */
import type { Circuit, CircuitEvents, CircuitState } from '../circuit/types.js'
import { ConfigError } from '../internal/config-error.js'
import { property } from '../internal/property.js'
import { describeKind } from '../internal/quote.js'

/** A `CircuitBreaker` from this copy of the library or from another. */
export interface ObservedBreaker {
  readonly circuits: readonly Circuit[]
  /** Whether the storage answers; undefined without a storage. */
  readonly storageUp: boolean | undefined
  on<Name extends keyof CircuitEvents>(
    event: Name,
    listener: (event: CircuitEvents[Name]) => unknown,
  ): () => void
}

/** A higher value is worse for callers, so that the maximum over processes is meaningful. */
export const STATE_VALUES: Readonly<Record<CircuitState, number>> = {
  closed: 0,
  'half-opened': 1,
  opened: 2,
}

/** @throws ConfigError */
export function checkBreaker(value: unknown): asserts value is ObservedBreaker {
  if (typeof property(value, 'on') === 'function' && Array.isArray(property(value, 'circuits'))) {
    return
  }
  throw new ConfigError(`Invalid breaker: expected a CircuitBreaker, given ${describeKind(value)}`)
}
