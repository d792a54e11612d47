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

/** Takes `false` as well, which switches the option off. */
export function orFalse<Value>(other: Field<Value>): Field<Value | false> {
  const expected = `${other.expected}, or false`
  return fieldBy(expected, (payload) => {
    if (payload.value !== false) checkBy(other, payload, expected)
  })
}

export interface GroupRules<Value> {
  /** The options that may not be left out. */
  readonly required?: readonly (keyof Value & string)[]
  /** What may be given in place of an object. */
  readonly otherwise?: Field<unknown>
  /** @returns an option that contradicts another one, and what is expected of it */
  readonly conflict?: (
    given: Partial<Value>,
  ) => readonly [option: keyof Value & string, expected: string] | false
}

/** Takes options within an option. */
export function groupField<Value extends object>(
  fields: Shape<Value>,
  { required = [], otherwise, conflict }: GroupRules<Value> = {},
): Field<Value> {
  const expected = `${otherwise ? `${otherwise.expected}, or ` : ''}${expectedOf(fields)}`
  return fieldBy(expected, (payload) => {
    if (otherwise && typeof payload.value !== 'object') return checkBy(otherwise, payload, expected)
    const given = copyOf(payload.value)
    if (!given) return report(payload, expected, describeKind(payload.value))
    payload.value = given
    checkAll(fields, given, payload)
    for (const name of required) {
      if (given[name] === undefined) report(payload, fields[name].expected, 'undefined', name)
    }
    if (payload.issues.length > 0) return undefined
    const [name, wanted] = conflict?.(given as Partial<Value>) || []
    if (name && wanted) report(payload, wanted, describeValue(given[name]), name)
    return undefined
  })
}

/** Checks a value by another field. Of a value that is no object, the message names all that is expected. */
function checkBy(other: Field<unknown>, payload: Payload, expected: string): void {
  const tried: Payload = { value: payload.value, issues: [] }
  runCheck(other, tried)
  payload.value = tried.value
  if (typeof payload.value === 'object') payload.issues.push(...tried.issues)
  else if (tried.issues.length > 0) report(payload, expected, describeValue(payload.value))
}
