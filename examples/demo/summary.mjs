/** Prints the figures at the end: how many requests the breaker kept away, and how long callers waited. */
import { paint } from './paint.mjs'

const WIDTHS = { label: 46, figure: 18 }

const PHASES = {
  answers: 'while it answered',
  breaks: 'while it answered 500',
  hangs: 'while it hung',
  falters: 'while it answered and 500 in turn',
  recovers: 'after it came back',
}

/** @param arms for each arm, its `calls` and the requests that `reached` its user service */
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

/** Returns a function that prints a table row with a column for each arm. */
export function table(arms) {
  return {
    head: (...names) => print('', names, 'bold'),
    title: (label) => print(label, [], 'bold'),
    row: (label, figure) => print(`  ${label}`, arms.map(figure)),
  }
}

export const isRefused = ({ outcome }) => outcome === 'refused'

function print(label, figures, style) {
  const cells = figures.map((figure) => String(figure).padStart(WIDTHS.figure))
  const line = `  ${label.padEnd(WIDTHS.label)}${cells.join('')}`.trimEnd()
  console.log(style ? paint(style, line) : line)
}

function waits({ calls }) {
  return calls.filter(({ behaviour }) => behaviour === 'hangs').map(({ took }) => took)
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return (
    (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2
  )
}

export const milliseconds = (value, digits = 0) => `${value.toFixed(digits)} ms`
