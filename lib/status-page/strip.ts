/**
 * Draws the strip of recent requests. Position and height say as much as colour, for those who cannot see it.
 */
import { markup, type Html } from './html.js'
import { MAX_RESULTS, RESULTS, type Result } from './recent.js'

const STEP = 4
const HEIGHT = 18

type Piece = readonly [from: number, height: number]

/** Where each piece of a bar starts, and how far up it goes. */
const BARS: Readonly<Record<Result, readonly Piece[]>> = {
  success: [[HEIGHT, 7]],
  failure: [[HEIGHT, HEIGHT]],
  slow: [
    [HEIGHT, 10],
    [4, 4],
  ],
  ignored: [[11, 4]],
  refused: [[6, 6]],
  'dry-run': [
    [8, 2],
    [4, 2],
  ],
}

const WORDS: Readonly<Record<Result, readonly [one: string, several: string]>> = {
  success: ['success', 'successes'],
  failure: ['failure', 'failures'],
  slow: ['slow', 'slow'],
  ignored: ['ignored', 'ignored'],
  refused: ['refused', 'refused'],
  'dry-run': ['counted as refused', 'counted as refused'],
}

export function strip(results: readonly Result[]): Html {
  if (results.length === 0) return markup`<span class="none">none yet</span>`
  const counts = RESULTS.map((result) => [result, count(results, result)] as const)
  const present = counts.filter(([, number]) => number > 0)
  const said = present.map(([result, number]) => `${number} ${word(result, number)}`).join(', ')
  const paths = present.map(
    ([result]) => markup`<path class="${result}" d="${path(results, result)}" />`,
  )
  const box = `0 0 ${STEP * MAX_RESULTS} ${HEIGHT}`
  return markup`<svg role="img" aria-label="Last ${results.length}: ${said}" viewBox="${box}">${paths}</svg>`
}

/** Draws one kind of request, for the legend. */
export function sample(result: Result): Html {
  const bar = markup`<path class="${result}" d="${barAt(0, result)}"/>`
  return markup`<svg aria-hidden="true" viewBox="0 0 ${STEP} ${HEIGHT}">${bar}</svg>`
}

function count(results: readonly Result[], wanted: Result): number {
  return results.filter((result) => result === wanted).length
}

function word(result: Result, number: number): string {
  return WORDS[result][number === 1 ? 0 : 1]
}

/** Draws the newest result on the right, however few there are. */
function path(results: readonly Result[], wanted: Result): string {
  const offset = MAX_RESULTS - results.length
  const bars = results.map((result, index) =>
    result === wanted ? barAt(offset + index, wanted) : '',
  )
  return bars.join('')
}

function barAt(place: number, result: Result): string {
  const pieces = BARS[result].map(
    ([from, height]) => `M${place * STEP + STEP / 2} ${from}v-${height}`,
  )
  return pieces.join('')
}
