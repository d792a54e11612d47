/** Makes the cells that the timeline shows for one moment of one process. */
import { milliseconds, seconds, STATES } from '../cells.mjs'
import { CALLERS, THRESHOLD } from './settings.mjs'

/**
 * @import { CircuitState, Forced } from 'axios-breaker'
 * @import { Call, Failed } from '../arm.mjs'
 * @import { Cell } from '../cells.mjs'
 * @import { Cells } from '../timeline.mjs'
 * @import { Move } from './transitions.mjs'
 */

/**
 * One call and its result.
 *
 * @param {Call} result
 * @param {CircuitState} state
 * @returns {Cell}
 */
export function outcome(result, state) {
  if (result.outcome === 'refused') {
    const values = [result.retryAfter]
    return { ...STATES[result.state], label: 'refused', values, detail: seconds }
  }
  if (result.outcome === 'answered') {
    return { ...STATES[state], label: '200', values: [result.took], detail: milliseconds }
  }
  const detail = () => `failure ${result.failureCount}/${THRESHOLD}`
  return { ...STATES[state], label: String(result.reason), labelTone: 'red', detail }
}

/**
 * A call in a dry run, which the circuit would have refused.
 *
 * @param {Failed} result
 * @returns {Cell}
 */
export function spared(result) {
  const detail = () => 'not refused'
  return { ...STATES.closed, label: String(result.reason), labelTone: 'red', values: [1], detail }
}

/**
 * What an operator has done to the circuit.
 *
 * @param {Forced | undefined} forced
 * @param {string} end how the force has ended, if it has
 * @returns {Cell}
 */
export function force(forced, end) {
  const { tone } = forced?.state === 'opened' ? STATES.opened : STATES.closed
  const labels = { opened: 'forced open', closed: 'dry run' }
  const label = forced ? labels[forced.state] : end
  const detail = () => (forced?.by ? `by ${forced.by}` : '')
  return { glyph: '▸', tone, label, labelTone: tone, strong: true, detail }
}

/**
 * Several callers at once. All but the probe are refused.
 *
 * @param {number} probes
 * @returns {Cell}
 */
export function crowd(probes) {
  const detail = () => (probes === 0 ? 'all refused' : `${probes} probe`)
  return { ...STATES['half-opened'], label: `${CALLERS} callers`, detail }
}

/**
 * @param {Call} result
 * @returns {Cell}
 */
export function probe(result) {
  const failed = result.outcome === 'failed'
  const { tone } = failed ? STATES.opened : STATES.closed
  const label = `probe ${failed ? result.reason : 200}`
  const detail = () => milliseconds([result.took])
  return { ...STATES['half-opened'], label, labelTone: tone, detail }
}

/**
 * @param {readonly (readonly Move[])[]} news the transitions of each process
 * @returns {Cells[]} the rows that show them
 */
export function transitionRows(news) {
  const height = Math.max(...news.map(({ length }) => length))
  return Array.from({ length: height }, (_, line) => {
    const cells = news.map((moves) => (moves[line] ? [transition(moves[line])] : []))
    return Object.fromEntries(cells.entries())
  })
}

/**
 * No result leads to a half-opening, so its cell shows no time.
 *
 * @param {Move} move
 * @returns {Cell}
 */
function transition({ to, after }) {
  const { tone } = STATES[to]
  const digits = after < 10 ? 1 : 0
  const detail = () => (to === 'half-opened' ? '' : `after ${after.toFixed(digits)} ms`)
  return { glyph: '▸', tone, label: to, labelTone: tone, strong: true, detail }
}
