/**
 * The part of a breaker that the status page reads. It is a type of its own, so that breakers of both module
 * formats fit.
 */
import type { Circuit, CircuitEvents } from '../circuit/types.js'

/** A breaker of an earlier version has no rates, causes and rounds. */
export type SeenCircuit = Pick<Circuit, 'name' | 'state' | 'failureCount' | 'retryAfter'> &
  Partial<Pick<Circuit, 'failureRate' | 'cause' | 'round'>>

export interface Observed {
  readonly circuits: readonly SeenCircuit[]
  circuit(name: string): SeenCircuit | undefined
  readonly storageUp: boolean | undefined
  on<Name extends keyof CircuitEvents>(
    event: Name,
    listener: (event: CircuitEvents[Name]) => unknown,
  ): () => void
}
