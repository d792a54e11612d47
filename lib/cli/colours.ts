/** Colours, for terminals that have them. */
import type { State } from './rows.js'

export type Paint = (text: string, colour: Colour) => string
export type Colour = keyof typeof CODES

const CODES = { red: 31, green: 32, yellow: 33, magenta: 35, dim: 2, bold: 1 } as const

/** Heeds NO_COLOR, FORCE_COLOR and TERM, as Node does, and colours nothing that is not a terminal. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  if (!stream.isTTY || !stream.hasColors()) return (text) => text
  return (text, colour) => `\u001B[${CODES[colour]}m${text}\u001B[0m`
}

export function colourOf(state: State): Colour {
  return ({ opened: 'red', 'half-opened': 'yellow', closed: 'green', unknown: 'magenta' } as const)[
    state
  ]
}
