/** A breaker, as far as the page reads it: a type of its own, so that either module format's breaker fits. */
import type { Circuit, CircuitEvents } from '../circuit/types.js'

export type SeenCircuit = Pick<Circuit, 'name' | 'state' | 'failureCount' | 'retryAfter'>

export interface Observed {
  readonly circuits: readonly SeenCircuit[]
  circuit(name: string): SeenCircuit | undefined
  readonly storageUp: boolean | undefined
  on<Name extends keyof CircuitEvents>(
    event: Name,
    listener: (event: CircuitEvents[Name]) => unknown,
  ): () => void
}
