/** What `circuit.ready()` takes. */
import type { ReadyOptions } from '../circuit/circuit.js'
import { quote } from '../internal/quote.js'
import { objectField, parse, type Shape } from '../internal/validation.js'

/** @throws ConfigError */
export function checkReady(circuit: string, options: unknown = {}): ReadyOptions {
  const signal = objectField<AbortSignal>('an AbortSignal', 'addEventListener')
  const shape = { signal } satisfies Shape<ReadyOptions>
  return parse(shape, options, `options for circuit.ready() of circuit ${quote(circuit)}`)
}
