/** The breaker of a circuit: it knows axios, and checks what users pass. */
import type { AnyAdapter, Attachable } from './circuit.js'
import type { ForcedState, ForceOptions } from './force.js'

export interface Owner<Managed> {
  detach(circuit: Managed, instance?: Attachable): void
  guard(circuit: Managed, adapter: AnyAdapter): AnyAdapter
  /** @throws ConfigError */
  checkReport(outcome: unknown): void
  /** @param state undefined lifts the force. */
  force(circuit: Managed, state: ForcedState | undefined, options?: ForceOptions): Promise<void>
}
