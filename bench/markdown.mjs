/** Formats figures. */

/** @typedef {readonly (string | number)[]} Row */

/**
 * Avoids "-0".
 *
 * @param {number} count
 */
export const inWords = (count) => (Math.round(count) + 0).toLocaleString('en-US')

/**
 * @param {Row} head
 * @param {readonly Row[]} rows
 */
export function table(head, rows) {
  /** @param {Row} cells */
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
