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

/** No result leads to a half-opening, so its cell shows no time. */
export function transition({ to, after }) {
  const { tone } = STATES[to]
  const digits = after < 10 ? 1 : 0
  const detail = () => (to === 'half-opened' ? '' : `after ${after.toFixed(digits)} ms`)
  return { glyph: '▸', tone, label: to, labelTone: tone, strong: true, detail }
}
