/** HTML that values cannot break out of: the template escapes each value, unless it is HTML already. */
import { visible as onOneLine } from '../internal/quote.js'

export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | readonly Html[] | string | number

export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: texts }, ...parts.map(toText)))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function toText(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(({ text }) => text).join('')
  return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

const JOINER = '\u200D'
/** Where it makes one emoji of several. Anywhere else, nobody would see it. */
const JOINED =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})/u

/** Makes a name from any source safe to show: escapes hidden characters, and cuts it to that length. */
export function visible(text: string, length: number): string {
  // A character takes at most two code units. Cutting first avoids copying a huge text.
  const start = Array.from(text.slice(0, length * 2 + 1))
  const cut = start.length > length ? `${start.slice(0, length - 1).join('')}…` : start.join('')
  return cut.split(JOINED).map(onOneLine).join(JOINER)
}
