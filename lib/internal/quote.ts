/** Names in messages. A name may come from a tenant, and must not forge a line of a log. */
import { tried } from './property.js'

/** Longer names are cut in messages; `error.circuit` and the events have the whole. */
const LONGEST = 100
const HEX = 16

/** Control characters, line breaks, and characters that are not seen but turn what follows around. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The name in quotes, on one line, with whatever cannot be seen escaped. */
export function quote(name: string, longest = LONGEST): string {
  const shown = name.length > longest ? `${name.slice(0, longest)}…` : name
  return JSON.stringify(shown).replaceAll(UNSEEN, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u{${Number(character.codePointAt(0)).toString(HEX)}}`
}

/** What kind of thing was given, and nothing of what it holds: it may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  // A proxy that was revoked throws even when it is asked this.
  if (tried(() => Array.isArray(value))) return 'an array'
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
