/** Shows an outage, and a service that half works, in 20 seconds, with a circuit breaker and without. */
import { Arm } from './arm.mjs'
import { printChecks } from './checks.mjs'
import { LEGEND, paint } from './paint.mjs'
import { CIRCUITS } from './settings.mjs'
import { Stage } from './stage.mjs'
import { Story } from './story.mjs'
import { printSummary } from './summary.mjs'
import { Timeline } from './timeline.mjs'

/** @import { Processes } from '../processes.mjs' */
/** @typedef {Arm['pids']} Pids */

/**
 * @param {Processes} processes
 * @returns whether all checks passed
 */
export async function demo(processes) {
  const [guarded, bare] = await Promise.all([
    Arm.start(processes),
    Arm.start(processes, { flags: ['--without-breaker'] }),
  ])
  printHead(guarded.pids, bare.pids)
  const story = new Story(new Stage(guarded, bare, new Timeline(headings())))
  await story.play()
  const results = await Promise.all([guarded.results(), bare.results()])
  console.log()
  printSummary(...results)
  console.log()
  return printChecks(story.lanes, ...results)
}

function headings() {
  const heads = Object.entries(CIRCUITS).map(([kind, rules]) => {
    const rate = 'failureRate' in rules ? ` or ${100 * rules.failureRate.threshold} %` : ''
    return [kind, `${kind} (threshold ${rules.threshold}${rate}, ttl ${rules.ttl} s)`]
  })
  return Object.fromEntries(heads)
}

/**
 * @param {Pids} guarded
 * @param {Pids} bare
 */
function printHead(guarded, bare) {
  /** @param {Pids} pids */
  const chain = ({ clients, users }) =>
    `client service (${clients.join()}) → user service (${users})`
  console.log(`
  ${paint('bold', 'A user service breaks, hangs, comes back and half fails. Its callers have a circuit breaker.')}

  processes on the loopback (pid), called at the same moments by this one (${process.pid})
    with the breaker   ${chain(guarded)}
    without it         ${chain(bare)}

  ${LEGEND}
  50 %: the circuit opens as well once half of its last 8 requests have failed
`)
}
