/** HTML that cannot be broken out of: everything put into a template is escaped, unless it is HTML already. */

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

/** Controls, line ends, what turns the direction of text, and what cannot be seen at all. */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- they are what this is about
  /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** A name from anywhere: its hidden characters are shown, and it is cut at so many characters. */
export function visible(text: string, length: number): string {
  // Twice the length in code units is enough for so many characters, and spares a huge text's copy.
  const start = Array.from(text.slice(0, length * 2 + 1))
  const cut = start.length > length ? `${start.slice(0, length - 1).join('')}…` : start.join('')
  return cut.replace(
    INVISIBLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
