/**
 * Shows an outage as seen by three processes: with a circuit that they share through Redis, and with a
 * circuit each.
 */
import { installMissing } from '../../../scripts/install.mjs'
import { RedisServer } from '../../../scripts/redis-server.mjs'
import { Arm } from '../arm.mjs'
import { LEGEND, paint } from '../paint.mjs'
import { Stage } from '../stage.mjs'
import { Timeline } from '../timeline.mjs'
import { printChecks, printOperatorChecks } from './checks.mjs'
import { Operator } from './operator.mjs'
import { PROCESSES, THRESHOLD, TTL } from './settings.mjs'
import { Story } from './story.mjs'
import { printSummary } from './summary.mjs'
import { Terminal } from './terminal.mjs'

/**
 * @import { Processes } from '../../processes.mjs'
 *
 * @typedef {Arm['pids']} Pids
 */

const WIDTHS = { time: 8, service: 9, lane: 27, label: 12 }

/**
 * @param {Processes} processes
 * @returns whether all checks passed
 */
export async function demo(processes) {
  await installMissing([{ program: 'redis-server', debianPackage: 'redis-server' }])
  const redis = await processes.keep(RedisServer.start())
  const clients = PROCESSES.length
  const [shared, own] = await Promise.all([
    Arm.start(processes, { clients, flags: ['--redis', redis.url] }),
    Arm.start(processes, { clients }),
  ])
  printHead(shared.pids, own.pids, redis.pid)
  const story = new Story(new Stage(shared, own, new Timeline(heads(shared.pids), WIDTHS)))
  await story.play()
  const results = await Promise.all([shared.results(), own.results()])
  console.log()
  printSummary(...results, story.transitions.moves)
  console.log()
  const hasHeld = printChecks(story, ...results)
  return (await playOperator(processes, redis.url, shared)) && hasHeld
}

/**
 * @param {Processes} processes
 * @param {string} url of Redis
 * @param {Arm} shared
 */
async function playOperator(processes, url, shared) {
  console.log(
    `\n  ${paint('bold', 'An operator takes the same circuit in hand, from a second terminal.')}\n`,
  )
  const timeline = new Timeline(heads(shared.pids), WIDTHS)
  const operator = new Operator(shared, new Terminal(processes, url), timeline)
  const calls = await operator.play()
  console.log()
  return printOperatorChecks(calls, await shared.results())
}

/** @param {Pids} pids */
function heads({ clients }) {
  const titles = PROCESSES.map((name, index) => `process ${name} (${clients[index]})`)
  return Object.fromEntries(titles.entries())
}

/**
 * @param {Pids} shared
 * @param {Pids} own
 * @param {number | undefined} redis
 */
function printHead(shared, own, redis) {
  /** @param {Pids['clients']} pids */
  const fleet = (pids) => pids.map((pid, index) => `${PROCESSES[index]} (${pid})`).join(', ')
  /** @param {Pids} pids */
  const chain = ({ clients, users }) => `${fleet(clients)} → user service (${users})`
  console.log(`
  ${paint('bold', 'A user service breaks and comes back. Three processes share a circuit through Redis.')}

  processes on the loopback (pid), called at the same moments by this one (${process.pid})
    one circuit      ${chain(shared)}, redis-server (${redis})
    a circuit each   ${chain(own)}

  threshold ${THRESHOLD}, ttl ${TTL} s: all failures add up; a success takes back those of its own process
  ${LEGEND}
  ▸ and how long after the result that moved the circuit; a refusal says when a probe is due
`)
}
