/** Adds colours, if the output is a terminal that supports them. */
import { styleText } from 'node:util'

const coloured = process.stdout.isTTY && !process.env.NO_COLOR

export const paint = (style, text) => (coloured ? styleText(style, text) : text)

export const LEGEND =
  `${paint('green', '●')} closed: all pass   ${paint('red', '○')} opened: all are refused at once   ` +
  `${paint('yellow', '◐')} half-opened: one passes, as a probe`
