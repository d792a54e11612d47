/**
 * Prints the figures at the end: the requests that a shared circuit kept away and separate circuits let
 * through.
 */
import { isRefused, median, milliseconds, table } from '../summary.mjs'

/**
 * @import { Results } from '../arm.mjs'
 * @import { Move } from './transitions.mjs'
 */

const PHASES = {
  answers: 'while it answered',
  breaks: 'while it answered 500',
  recovers: 'after it came back',
}

/**
 * @param {Results} shared
 * @param {Results} own
 * @param {readonly (readonly Move[])[]} moves
 */
export function printSummary(shared, own, moves) {
  const { head, title, row } = table([shared, own])
  head('one circuit', 'a circuit each')
  title('requests that reached the user service')
  for (const [phase, label] of Object.entries(PHASES)) {
    row(label, ({ reached }) => reached.filter(({ behaviour }) => behaviour === phase).length)
  }
  row('altogether', ({ reached }) => reached.length)
  title('calls')
  row('made', ({ calls }) => calls.length)
  row('refused at once', ({ calls }) => calls.filter(isRefused).length)
  row('of these after it came back: the price', ({ calls }) => {
    return calls.filter((call) => isRefused(call) && call.behaviour === 'recovers').length
  })
  title('from the result that moved the circuit to the other processes')
  const spans = travelled(moves)
  row('median', (arm) => (arm === shared ? milliseconds(median(spans), 1) : ''))
  row('longest', (arm) => (arm === shared ? milliseconds(Math.max(...spans), 1) : ''))
}

/**
 * Transitions that another process decided because of a result.
 *
 * @param {readonly (readonly Move[])[]} moves
 */
function travelled(moves) {
  return moves
    .flat()
    .filter(({ origin, to }) => origin === 'shared' && to !== 'half-opened')
    .map(({ after }) => after)
}
