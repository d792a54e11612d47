/**
 * Makes the cells that the timeline shows for one moment of one circuit. Cells with the same label may be
 * merged.
 */

/**
 * @import { CircuitState } from 'axios-breaker'
 * @import { Call, Refused, Transition } from './arm.mjs'
 * @import { Style } from './paint.mjs'
 *
 * @typedef {object} Cell
 * @property {string} glyph
 * @property {Style} tone
 * @property {string} label
 * @property {Style} [labelTone]
 * @property {boolean} [strong]
 * @property {readonly number[]} [values] of all cells that were merged; none if this one cannot be merged
 * @property {(values: readonly number[]) => string} [detail]
 */

/** @type {Readonly<Record<CircuitState, { glyph: string, tone: Style }>>} */
export const STATES = {
  closed: { glyph: '●', tone: 'green' },
  opened: { glyph: '○', tone: 'red' },
  'half-opened': { glyph: '◐', tone: 'yellow' },
}

/**
 * One call and its result.
 *
 * @param {Call} result
 * @param {CircuitState} state
 * @param {number} threshold
 * @returns {Cell}
 */
export function outcome(result, state, threshold) {
  if (result.outcome === 'refused') return refusal(result)
  const { glyph, tone } = STATES[state]
  if (result.outcome === 'answered') {
    return { glyph, tone, label: '200', values: [result.took], detail: milliseconds }
  }
  const detail = () => `failure ${result.failureCount} of ${threshold}`
  return { glyph, tone, label: String(result.reason), labelTone: 'red', detail }
}

/**
 * One call of a service that fails every other one: its result matters only together with others.
 *
 * @param {Call} result
 * @param {CircuitState} state
 * @returns {Cell}
 */
export function mixed(result, state) {
  if (result.outcome === 'refused') return refusal(result)
  const values = [result.outcome === 'failed' ? 1 : 0]
  return { ...STATES[state], label: '200/500', values, detail: countFailed }
}

/** @param {readonly number[]} values */
function countFailed(values) {
  return `${values.reduce((sum, value) => sum + value, 0)} of ${values.length} failed`
}

/**
 * @param {Refused} result
 * @returns {Cell}
 */
function refusal({ state, retryAfter }) {
  return { ...STATES[state], label: 'refused', values: [retryAfter], detail: retry }
}

/**
 * @param {number} callers
 * @param {number} refused
 * @returns {Cell}
 */
export function crowd(callers, refused) {
  const detail = () => `${callers - refused} probe, ${refused} refused`
  return { ...STATES['half-opened'], label: `${callers} callers`, detail }
}

/**
 * @param {Call} result
 * @returns {Cell}
 */
export function probe(result) {
  const failed = result.outcome === 'failed'
  const { tone } = failed ? STATES.opened : STATES.closed
  const detail = () => `${failed ? result.reason : 200} after ${milliseconds([result.took])}`
  const label = failed ? 'probe failed' : 'probe passed'
  return { ...STATES['half-opened'], label, labelTone: tone, detail }
}

/**
 * @param {Transition} transition
 * @param {number} ttl
 * @returns {Cell}
 */
export function transition({ from, to, failureRate }, ttl) {
  const { tone } = STATES[to]
  const rate = failureRate ? `: ${failureRate.failures} of ${failureRate.requests}` : ''
  const label = `${from} → ${to}${to === 'opened' ? ` for ${ttl} s${rate}` : ''}`
  return { glyph: '▸', tone, label, labelTone: tone, strong: true }
}

/**
 * @param {Cell} first
 * @param {Cell} second
 * @returns {Cell | undefined} one cell for both, or undefined if they differ
 */
export function merge(first, second) {
  if (!first.values || !second.values || first.label !== second.label) return undefined
  return { ...first, values: [...first.values, ...second.values] }
}

/** @param {readonly number[]} values */
export function milliseconds(values) {
  return `${range(Math.min(...values).toFixed(), Math.max(...values).toFixed())} ms`
}

/** @param {readonly number[]} values */
function retry(values) {
  return `retry in ${seconds(values)}`
}

/**
 * From the first value to the last one.
 *
 * @param {readonly number[]} values at least one
 */
export function seconds(values) {
  return `${range(values[0].toFixed(1), values[values.length - 1].toFixed(1))} s`
}

/**
 * @param {string} from
 * @param {string} to
 */
const range = (from, to) => (from === to ? from : `${from}–${to}`)
