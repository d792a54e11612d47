/** Adapters that ask a circuit themselves: the circuit's own guards let requests through to them. */
import type { ManagedCircuit } from '../circuit/managed-circuit.js'

const circuits = new WeakMap<object, WeakSet<ManagedCircuit>>()
/** Whether there is one at all: most processes have none, and a look-up costs each request. */
let hasAny = false

export function asksItself(adapter: object, circuit: ManagedCircuit): boolean {
  return hasAny && (circuits.get(adapter)?.has(circuit) ?? false)
}

/** From now on the circuit's guards leave it to this adapter to ask. */
export function leaveTo(adapter: object, circuit: ManagedCircuit): void {
  const known = circuits.get(adapter) ?? new WeakSet()
  circuits.set(adapter, known.add(circuit))
  hasAny = true
}
