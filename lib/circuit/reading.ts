/** What is shown of a circuit: what is unknown, or off, is left out. */
import type { Circuit, CircuitReading } from './circuit.js'

export function readingOf(circuit: Circuit): CircuitReading {
  const { name, state, failureCount, failureRate, retryAfter, cause, round, lastFailure, forced } =
    circuit
  return {
    name,
    state,
    failureCount,
    ...(failureRate && { failureRate }),
    retryAfter,
    ...(cause && { cause, round }),
    ...(lastFailure && { lastFailure }),
    ...(forced && { forced }),
  }
}
