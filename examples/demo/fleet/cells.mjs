/** Makes the cells that the timeline shows for one moment of one process. */
import { milliseconds, range, STATES } from '../cells.mjs'
import { CALLERS, THRESHOLD } from './settings.mjs'

/** One call and its result. */
export function outcome(result, state) {
  const { outcome: end, took, reason, failureCount, retryAfter } = result
  if (end === 'refused') {
    const detail = (values) => `${range(values[0].toFixed(1), values.at(-1).toFixed(1))} s`
    return { ...STATES[result.state], label: 'refused', values: [retryAfter], detail }
  }
  if (end === 'answered') {
    return { ...STATES[state], label: '200', values: [took], detail: milliseconds }
  }
  const detail = () => `failure ${failureCount}/${THRESHOLD}`
  return { ...STATES[state], label: String(reason), labelTone: 'red', detail }
}

/** A call in a dry run, which the circuit would have refused. */
export function spared(result) {
  const detail = () => 'not refused'
  return { ...STATES.closed, label: String(result.reason), labelTone: 'red', values: [1], detail }
}

/** What an operator has done to the circuit. @param end how the force has ended, if it has */
export function force(forced, end) {
  const { tone } = forced?.state === 'opened' ? STATES.opened : STATES.closed
  const labels = { opened: 'forced open', closed: 'dry run' }
  const label = forced ? labels[forced.state] : end
  const detail = () => (forced?.by ? `by ${forced.by}` : '')
  return { glyph: '▸', tone, label, labelTone: tone, strong: true, detail }
}

/** Several callers at once. All but the probe are refused. */
export function crowd(probes) {
  const detail = () => (probes === 0 ? 'all refused' : `${probes} probe`)
  return { ...STATES['half-opened'], label: `${CALLERS} callers`, detail }
}

export function probe({ outcome: end, reason, took }) {
  const [code, { tone }] = end === 'failed' ? [reason, STATES.opened] : [200, STATES.closed]
  const detail = () => milliseconds([took])
  return { ...STATES['half-opened'], label: `probe ${code}`, labelTone: tone, detail }
}

/** @param news the transitions of each process. @returns the rows that show them */
export function transitionRows(news) {
  const height = Math.max(...news.map(({ length }) => length))
  return Array.from({ length: height }, (_, line) => {
    const cells = news.map((moves) => (moves[line] ? [transition(moves[line])] : []))
    return Object.fromEntries(cells.entries())
  })
}

/** No result leads to a half-opening, so its cell shows no time. */
function transition({ to, after }) {
  const { tone } = STATES[to]
  const digits = after < 10 ? 1 : 0
  const detail = () => (to === 'half-opened' ? '' : `after ${after.toFixed(digits)} ms`)
  return { glyph: '▸', tone, label: to, labelTone: tone, strong: true, detail }
}
