/** Colours, where somebody looks who wants them. */
import { styleText } from 'node:util'

const coloured = process.stdout.isTTY && !process.env.NO_COLOR

export const paint = (style, text) => (coloured ? styleText(style, text) : text)
