/** Formats figures. */

/** Avoids "-0". */
export const inWords = (count) => (Math.round(count) + 0).toLocaleString('en-US')

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
