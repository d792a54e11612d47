/** The part of a breaker that metrics and the status page observe: its circuits and events, and no request. */
import type { Circuit } from '../circuit/circuit.js'
import type { CircuitEvents } from '../circuit/events.js'
import type { ForcedState } from '../circuit/force.js'
import type { CircuitState } from '../circuit/types.js'
import { ConfigError } from '../internal/config-error.js'
import { property, tryCall } from '../internal/property.js'
import { describeKind } from '../internal/quote.js'

/** A breaker of an earlier version has no rates, causes and rounds, and cannot force its circuits. */
export type ObservedCircuit = Pick<Circuit, 'name' | 'state' | 'failureCount' | 'retryAfter'> &
  Partial<Pick<Circuit, 'failureRate' | 'window' | 'cause' | 'round'>> &
  Partial<Pick<Circuit, 'forced' | 'force' | 'unforce'>>

type SteeredCircuit = ObservedCircuit & Required<Pick<ObservedCircuit, 'force' | 'unforce'>>

/** A `CircuitBreaker` from this copy of the library or from another, of either module format. */
export interface ObservedBreaker {
  readonly circuits: readonly ObservedCircuit[]
  circuit(name: string): ObservedCircuit | undefined
  /** Whether the storage answers; undefined without a storage. */
  readonly storageUp: boolean | undefined
  /** Requests that went without a circuit; left out by a breaker of an earlier version. */
  readonly unguarded?: number | undefined
  on<Name extends keyof CircuitEvents>(
    event: Name,
    listener: (event: CircuitEvents[Name]) => unknown,
  ): () => void
}

export const FORCED_STATES: readonly ForcedState[] = ['opened', 'closed']

/** A higher value is worse for callers, so that the maximum over processes is meaningful. */
export const STATE_VALUES: Readonly<Record<CircuitState, number>> = {
  closed: 0,
  'half-opened': 1,
  opened: 2,
}

/** Whether the circuit is of a version that can. */
export function canForce(circuit: ObservedCircuit): circuit is SteeredCircuit {
  return ['force', 'unforce'].every((name) => typeof property(circuit, name) === 'function')
}

/**
 * Subscribes to the event `forced`, which a breaker of an earlier version refuses as unknown.
 *
 * @returns the unsubscribe function
 */
export function onForced(
  breaker: ObservedBreaker,
  listener: (event: CircuitEvents['forced']) => unknown,
): () => void {
  return tryCall(() => breaker.on('forced', listener)) ?? (() => undefined)
}

/** Checks the shape and not the class, as the breaker may come from another copy. @throws ConfigError */
export function checkBreaker(value: unknown): asserts value is ObservedBreaker {
  const isUsable = ['on', 'circuit'].every((name) => typeof property(value, name) === 'function')
  if (isUsable && Array.isArray(property(value, 'circuits'))) return
  throw new ConfigError(`Invalid breaker: expected a CircuitBreaker, given ${describeKind(value)}`)
}
