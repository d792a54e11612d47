/** Says once that a circuit works by itself, because the storage refuses it alone. */
import { messageOf } from '../internal/errors.js'
import { quote } from '../internal/quote.js'
import { warnOnce } from '../internal/warnings.js'

export function warnUnshared(circuit: { readonly name: string }, error: unknown): void {
  const text = `Circuit ${quote(circuit.name)} is not shared: ${messageOf(error)}`
  warnOnce(circuit, 'sharing', text)
}
