/** The breaker of a circuit: it knows axios, and checks what users pass. */
import type { AnyAdapter, Attachable, ReadyOptions } from './circuit.js'
import type { ForcedState, ForceOptions } from './force.js'

export interface Owner<Managed> {
  detach(circuit: Managed, instance?: Attachable): void
  guard(circuit: Managed, adapter: AnyAdapter): AnyAdapter
  /** @throws ConfigError */
  checkReport(outcome: unknown): void
  /** @throws ConfigError */
  checkReady(circuit: string, options: unknown): ReadyOptions
  force(circuit: Managed, state: ForcedState, options?: ForceOptions): Promise<void>
  unforce(circuit: Managed): Promise<void>
}
