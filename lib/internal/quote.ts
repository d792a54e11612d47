/** Names in messages. A name may come from a tenant, and must not forge a line of a log. */
import { tryCall } from './property.js'

/** Longer names are cut in messages; `error.circuit` and the events have the whole. */
const MAX_LENGTH = 100
const HEX = 16

/** Control characters, line breaks, and characters that are not seen but turn what follows around. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The name in quotes, on one line, with whatever cannot be seen escaped. */
export function quote(name: string, longest = MAX_LENGTH): string {
  const shown = name.length > longest ? `${name.slice(0, longest)}…` : name
  return JSON.stringify(shown).replaceAll(INVISIBLE, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u{${Number(character.codePointAt(0)).toString(HEX)}}`
}

/** What kind of thing was given, and nothing of what it holds: it may be a secret. */
export function describeKind(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  // A proxy that was revoked throws even when it is asked this.
  if (tryCall(() => Array.isArray(value))) return 'an array'
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
