/** HTML that values cannot break out of: the template escapes each value, unless it is HTML already. */

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

/** Control characters, line ends, characters that reverse the text direction, and invisible ones. */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- control characters are the point
  /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Makes a name from any source safe to show: escapes hidden characters, and cuts it to that length. */
export function visible(text: string, length: number): string {
  // A character takes at most two code units. Cutting first avoids copying a huge text.
  const start = Array.from(text.slice(0, length * 2 + 1))
  const cut = start.length > length ? `${start.slice(0, length - 1).join('')}…` : start.join('')
  return cut.replace(
    INVISIBLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
