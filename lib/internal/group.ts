/** Options that have options of their own, or may be switched off. */
import { describeKind } from './quote.js'
import {
  checkAll,
  copyOf,
  describeValue,
  expectedOf,
  fieldBy,
  report,
  runCheck,
  type Field,
  type Payload,
  type Shape,
} from './validation.js'

/** What users wrote for options that were completed since. Messages show that. */
export const written = new WeakMap<object, unknown>()

/** Takes `false` as well, which switches the option off. */
export function orFalse<Value>(other: Field<Value>): Field<Value | false> {
  const expected = `${other.expected}, or false`
  return fieldBy(expected, (payload) => {
    if (payload.value !== false) checkBy(other, payload, expected)
  })
}

export interface GroupRules<Value> {
  /** Adds the defaults. Options that have none must be given. */
  readonly complete: (given: Partial<Value>) => Partial<Value>
  /** What may be given in place of an object. */
  readonly otherwise?: Field<unknown>
  /** The option that such a value sets; left out if the value is used as it is. */
  readonly short?: keyof Value
  /** @returns an option that contradicts another one, and what is expected of it */
  readonly conflict: (
    given: Value,
  ) => readonly [option: keyof Value & string, expected: string] | false
}

/** Takes options within an option. */
export function groupField<Value extends object>(
  fields: Shape<Value>,
  { complete, otherwise, short, conflict }: GroupRules<Value>,
): Field<Value> {
  const expected = `${otherwise ? `${otherwise.expected}, or ` : ''}${expectedOf(fields)}`
  return fieldBy(expected, (payload) => {
    const { value, issues } = payload
    let given = copyOf(value)
    if (otherwise && typeof value !== 'object') {
      checkBy(otherwise, payload, expected)
      if (!short || issues.length > 0) return
      given = { [short]: value }
    }
    if (!given) return report(payload, expected, describeKind(value))
    checkAll(fields, given, payload)
    const whole = { ...complete(given as Partial<Value>) } as Value
    payload.value = whole
    written.set(whole, short && typeof value !== 'object' ? value : given)
    for (const name of Object.keys(fields) as (keyof Value & string)[]) {
      if (whole[name] === undefined) report(payload, fields[name].expected, 'undefined', name)
    }
    const [name, wanted] = (issues.length === 0 && conflict(whole)) || []
    if (name && wanted) report(payload, wanted, describeValue(whole[name]), name)
  })
}

/** Checks a value by another field. What that field expects of the value becomes everything that is expected. */
function checkBy(other: Field<unknown>, payload: Payload, expected: string): void {
  const { value, issues } = runCheck(other, payload.value)
  payload.value = value
  for (const issue of issues) {
    // The message about an option within the value expects something else, and stays as it is.
    payload.issues.push({ ...issue, message: issue.message?.replace(other.expected, expected) })
  }
}
