/** What `circuit.force()` takes. */
import type { ForcedState, ForceOptions, GivenForce } from '../circuit/force.js'
import { ConfigError } from '../internal/config-error.js'
import { describeKind, quote } from '../internal/quote.js'
import { field, parse, secondsField, type Shape } from '../internal/validation.js'

const LONGEST_TEXT = 200
const STATES: readonly unknown[] = ['opened', 'closed'] satisfies readonly ForcedState[]

/** @throws ConfigError */
export function checkForce(circuit: string, state: unknown, options: unknown = {}): GivenForce {
  const of = `circuit.force() of circuit ${quote(circuit)}`
  if (!STATES.includes(state)) {
    const expected = `expected 'opened' or 'closed', given ${describeKind(state)}`
    throw new ConfigError(`Invalid state for ${of}: ${expected}`)
  }
  const [by, reason] = [textField(), textField()]
  const shape = { for: secondsField(), by, reason } satisfies Shape<ForceOptions>
  return { ...parse(shape, options, `options for ${of}`), state: state as ForcedState }
}

function textField() {
  return field<string>(
    `a string of at most ${LONGEST_TEXT} characters`,
    (value) => typeof value === 'string' && value.length <= LONGEST_TEXT,
    (value) => (typeof value === 'string' ? `one of ${value.length}` : describeKind(value)),
  )
}
