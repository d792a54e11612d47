/**
 * Makes the cells that the timeline shows for one moment of one circuit. Cells with the same label may be
 * merged.
 */
export const STATES = {
  closed: { glyph: '●', tone: 'green' },
  opened: { glyph: '○', tone: 'red' },
  'half-opened': { glyph: '◐', tone: 'yellow' },
}

/** One call and its result. */
export function outcome(result, state, threshold) {
  if (result.outcome === 'refused') return refusal(result)
  const { glyph, tone } = STATES[state]
  if (result.outcome === 'answered') {
    return { glyph, tone, label: '200', values: [result.took], detail: milliseconds }
  }
  const detail = () => `failure ${result.failureCount} of ${threshold}`
  return { glyph, tone, label: String(result.reason), labelTone: 'red', detail }
}

/** One call of a service that fails every other one: its result matters only together with others. */
export function mixed(result, state) {
  if (result.outcome === 'refused') return refusal(result)
  const values = [result.outcome === 'failed' ? 1 : 0]
  return { ...STATES[state], label: '200/500', values, detail: countFailed }
}

function countFailed(values) {
  return `${values.reduce((sum, value) => sum + value, 0)} of ${values.length} failed`
}

function refusal({ state, retryAfter }) {
  return { ...STATES[state], label: 'refused', values: [retryAfter], detail: retry }
}

export function crowd(callers, refused) {
  const detail = () => `${callers - refused} probe, ${refused} refused`
  return { ...STATES['half-opened'], label: `${callers} callers`, detail }
}

export function probe(result) {
  const failed = result.outcome === 'failed'
  const { tone } = failed ? STATES.opened : STATES.closed
  const detail = () => `${failed ? result.reason : 200} after ${milliseconds([result.took])}`
  const label = failed ? 'probe failed' : 'probe passed'
  return { ...STATES['half-opened'], label, labelTone: tone, detail }
}

export function transition({ from, to, failureRate }, ttl) {
  const { tone } = STATES[to]
  const rate = failureRate ? `: ${failureRate.failures} of ${failureRate.requests}` : ''
  const label = `${from} → ${to}${to === 'opened' ? ` for ${ttl} s${rate}` : ''}`
  return { glyph: '▸', tone, label, labelTone: tone, strong: true }
}

/** @returns one cell for both, or undefined if they differ */
export function merge(first, second) {
  if (!first.values || !second.values || first.label !== second.label) return undefined
  return { ...first, values: [...first.values, ...second.values] }
}

export function milliseconds(values) {
  return `${range(Math.min(...values).toFixed(), Math.max(...values).toFixed())} ms`
}

function retry(values) {
  return `retry in ${range(values[0].toFixed(1), values.at(-1).toFixed(1))} s`
}

export const range = (from, to) => (from === to ? from : `${from}–${to}`)
