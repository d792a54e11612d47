/** What the timeline says about one moment of one process, in the words of the story with one. */
import { milliseconds, range, STATES } from '../cells.mjs'
import { CALLERS, THRESHOLD } from './settings.mjs'

/** One call and what became of it. */
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

/** Some callers at once, of which all but the probe are refused. */
export function crowd(probes) {
  const detail = () => (probes === 0 ? 'all refused' : `${probes} probe`)
  return { ...STATES['half-opened'], label: `${CALLERS} callers`, detail }
}

export function probe({ outcome: end, reason, took }) {
  const [code, { tone }] = end === 'failed' ? [reason, STATES.opened] : [200, STATES.closed]
  const detail = () => milliseconds([took])
  return { ...STATES['half-opened'], label: `probe ${code}`, labelTone: tone, detail }
}

/** A probe comes with no result that could be waited for: there it is not said how long it took. */
export function transition({ to, after }) {
  const { tone } = STATES[to]
  const digits = after < 10 ? 1 : 0
  const detail = () => (to === 'half-opened' ? '' : `after ${after.toFixed(digits)} ms`)
  return { glyph: '▸', tone, label: to, labelTone: tone, strong: true, detail }
}
