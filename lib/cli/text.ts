/** Text for a terminal. Names, reasons and errors come from others, and must not reach it as commands. */
import { quote } from '../internal/quote.js'

/** Control characters, invisible ones, and halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
/** What a reader could mistake for something else. */
const MISLEADING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]|^\s|\s$|\s\s|^$/u
/** Characters that take two columns: those of East Asia, and emoji. */
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u
const COMBINING = /\p{M}/u
const MOST_CHARACTERS = 100
const HEX = 16

/** Shows somebody's text as it is, or in quotes with escapes if it might mislead. Long texts are cut. */
export function shown(text: string): string {
  if (MISLEADING.test(text)) return quote(text, MOST_CHARACTERS)
  return text.length > MOST_CHARACTERS ? `${cut(text)}…` : text
}

/** Escapes what a terminal would act upon, and leaves line breaks of our own messages. */
export function harmless(text: string): string {
  return text.replaceAll(UNSAFE, (character) => (character === '\n' ? '\n' : `\\u${hex(character)}`)) // prettier-ignore
}

/** JSON that means the same, and that a terminal shows without acting upon it. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    UNSAFE,
    (character) =>
    Array.from({ length: character.length }, (_, index) => `\\u${hex(character.charAt(index))}`).join(''), // prettier-ignore
  )
}

export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

export function widthOf(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + columnsOf(character), 0)
}

function columnsOf(character: string): number {
  if (COMBINING.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** Without half a pair of surrogates at its end. */
function cut(text: string): string {
  return text.slice(0, MOST_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '')
}

function hex(character: string): string {
  return Number(character.codePointAt(0)).toString(HEX).padStart(4, '0')
}
