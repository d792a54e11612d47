/** Shows names and values in messages. A name may come from a tenant, and must not forge a log line. */
import { tryCall } from './property.js'

/** Messages cut names that are longer; `error.circuit` and the events hold the whole name. */
const MAX_LENGTH = 100
const HEX = 16

/**
 * Control characters, line breaks, and invisible characters, which include those that reverse the text
 * direction.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Most names need no escapes, and each refusal quotes one: the search for characters to escape costs it 1 %. */
const PLAIN = /^[\w ./:-]*$/

/** Returns the name in quotes, on one line, with invisible characters escaped. */
export function quote(name: string, longest = MAX_LENGTH): string {
  if (name.length <= longest && PLAIN.test(name)) return `"${name}"`
  const shown = name.length > longest ? `${name.slice(0, longest)}…` : name
  return visible(JSON.stringify(shown))
}

/** Returns the text on one line, with invisible characters escaped. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, escapeCharacter)
}

/** Returns the text without quotes, otherwise as `quote` does. */
export function printable(text: string): string {
  return quote(text, text.length).slice(1, -1)
}

function escapeCharacter(character: string): string {
  return `\\u{${Number(character.codePointAt(0)).toString(HEX)}}`
}

/** Says what kind of value was given, and nothing about its content, which may be a secret. */
export function describeKind(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  // Even this throws for a revoked proxy.
  if (tryCall(() => Array.isArray(value))) return 'an array'
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
