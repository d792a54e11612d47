/** Adds colours, if the output is a terminal that supports them. */
import { styleText } from 'node:util'

/** @typedef {'bold' | 'dim' | 'green' | 'red' | 'yellow'} Style */

const coloured = process.stdout.isTTY && !process.env.NO_COLOR

/**
 * @param {Style} style
 * @param {string} text
 */
export const paint = (style, text) => (coloured ? styleText(style, text) : text)

export const LEGEND =
  `${paint('green', '●')} closed: all pass   ${paint('red', '○')} opened: all are refused at once   ` +
  `${paint('yellow', '◐')} half-opened: one passes, as a probe`
