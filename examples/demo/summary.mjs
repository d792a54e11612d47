/** Prints the figures at the end: how many requests the breaker kept away, and how long callers waited. */
import { paint } from './paint.mjs'

/**
 * @import { Call, Results } from './arm.mjs'
 * @import { Style } from './paint.mjs'
 */

const WIDTHS = { label: 46, figure: 18 }

const PHASES = {
  answers: 'while it answered',
  breaks: 'while it answered 500',
  hangs: 'while it hung',
  falters: 'while it answered and 500 in turn',
  recovers: 'after it came back',
}

/**
 * @param {Results} guarded
 * @param {Results} bare
 */
export function printSummary(guarded, bare) {
  const { head, title, row } = table([guarded, bare])
  head('with the breaker', 'without it')
  title('requests that reached the user service')
  for (const [phase, label] of Object.entries(PHASES)) {
    row(label, ({ reached }) => reached.filter(({ behaviour }) => behaviour === phase).length)
  }
  row('altogether', ({ reached }) => reached.length)
  title('how long callers waited while it hung')
  row('median', (arm) => milliseconds(median(waits(arm))))
  row('longest', (arm) => milliseconds(Math.max(...waits(arm))))
  row('over half a second', (arm) => {
    const all = waits(arm)
    return `${all.filter((took) => took > 500).length} of ${all.length}`
  })
  title('calls')
  row('made', ({ calls }) => calls.length)
  row('refused at once', ({ calls }) => calls.filter(isRefused).length)
  row('of these after it came back: the price', ({ calls }) => {
    return calls.filter((call) => isRefused(call) && call.behaviour === 'recovers').length
  })
}

/**
 * Returns functions that print the rows of a table with a column for each arm.
 *
 * @param {readonly Results[]} arms
 */
export function table(arms) {
  return {
    /** @param {string[]} names */
    head: (...names) => print('', names, 'bold'),
    /** @param {string} label */
    title: (label) => print(label, [], 'bold'),
    /**
     * @param {string} label
     * @param {(arm: Results) => string | number} figure
     */
    row: (label, figure) => print(`  ${label}`, arms.map(figure)),
  }
}

/** @param {Call} call */
export const isRefused = (call) => call.outcome === 'refused'

/** @param {Call} call */
export const isSpared = (call) => call.outcome === 'failed' && call.wasSpared

/**
 * @param {string} label
 * @param {readonly (string | number)[]} figures
 * @param {Style} [style]
 */
function print(label, figures, style) {
  const cells = figures.map((figure) => String(figure).padStart(WIDTHS.figure))
  const line = `  ${label.padEnd(WIDTHS.label)}${cells.join('')}`.trimEnd()
  console.log(style ? paint(style, line) : line)
}

/** @param {Results} arm */
function waits({ calls }) {
  return calls.filter(({ behaviour }) => behaviour === 'hangs').map(({ took }) => took)
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return (
    (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2
  )
}

/** @param {number} value */
export const milliseconds = (value, digits = 0) => `${value.toFixed(digits)} ms`
