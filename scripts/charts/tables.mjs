/** The figures as the page shows them. */

/**
 * Two significant digits, because further ones would be chance.
 *
 * @param {number} value
 */
const shortened = (value) => Number(value.toPrecision(2))

/** @param {number} perDay */
export function openingsInWords(perDay) {
  const value = shortened(perDay)
  if (value === 0 || value >= 10) return value.toLocaleString('en')
  return value.toFixed(value < 1 ? 2 : 1)
}

/** @param {number} seconds */
export function timeInWords(seconds) {
  if (seconds === Infinity) return '–'
  if (seconds >= 100) return `${shortened(seconds / 60).toFixed(1)} min`
  const value = shortened(seconds)
  if (value < 1) return `${shortened(seconds * 1000)} ms`
  return `${value.toFixed(value < 10 ? 1 : 0)} s`
}

/** @param {number} ratio */
export const percent = (ratio) => `${Math.round(ratio * 100)} %`

/**
 * @param {readonly { rule: string, traffic: number, values: readonly number[] }[]} rows
 * @param {readonly number[]} ratios
 * @param {(value: number) => string} inWords
 */
export function tableOf(rows, ratios, inWords) {
  return table(
    ['rule', 'requests a second', ...ratios.map(percent)],
    rows.map(({ rule, traffic, values }) => [
      `\`${rule}\``,
      traffic.toLocaleString('en'),
      ...values.map(inWords),
    ]),
  )
}

/**
 * As oxfmt writes a table.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const widths = head.map((_name, column) =>
    Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  )
  /** @param {readonly string[]} cells */
  const line = (cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/**
 * @param {string} page
 * @param {string} name of the figures
 * @param {string} text
 * @returns {string} the page with another text between its marks
 */
export function replaceFigures(page, name, text) {
  const [begin, end] = [`<!-- ${name}: made by npm run charts -->`, `<!-- end of ${name} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`The page has no place for ${name}: ${begin}`)
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`
}
