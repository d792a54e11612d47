/** The table of `list` and `watch`. */
import { colourOf, type Paint } from './colours.js'
import { spanText } from './duration.js'
import { forcedText, inOrder, stateOf, whyText, type Row } from './rows.js'
import { padded, shown, widthOf } from './text.js'

const HEADINGS = ['CIRCUIT', 'STATE', 'FOR', 'FAILURES', 'WHY', 'FORCED'] as const
const STATE = 1
const FORCED = 5
const GAP = '  '

/** Lines, without one for a column that is empty in all rows. */
export function tableOf(rows: readonly Row[], paint: Paint): string[] {
  const ordered = inOrder(rows)
  const lines = ordered.map((row) => cellsOf(row))
  const widths = HEADINGS.map((heading, column) => {
    const widest = lines.reduce((most, cells) => Math.max(most, widthOf(cells[column] ?? '')), 0)
    return widest === 0 ? 0 : Math.max(widest, heading.length)
  })
  const draw = (cells: readonly string[], colour: (text: string, column: number) => string) =>
    cells
      .map((cell, column) => colour(padded(cell, widths[column] ?? 0), column))
      .filter((_, column) => (widths[column] ?? 0) > 0)
      .join(GAP)
      .trimEnd()
  const heading = draw(HEADINGS, (text) => paint(text, 'bold'))
  return [heading, ...lines.map((cells, index) => draw(cells, colours(ordered[index], paint)))]
}

function colours(row: Row | undefined, paint: Paint) {
  return (text: string, column: number): string => {
    if (column === STATE && row) return paint(text, colourOf(stateOf(row)))
    return column === FORCED && text.trim() !== '' ? paint(text, 'magenta') : text
  }
}

function cellsOf(row: Row): string[] {
  const { circuit, ownState, snapshot, forced } = row
  return [
    shown(circuit),
    stateOf(row),
    ownState !== 'closed' && snapshot ? spanText(snapshot.openedFor) : '',
    snapshot && snapshot.failureCount > 0 ? String(snapshot.failureCount) : '',
    whyText(row),
    forced ? forcedText(forced) : '',
  ]
}
