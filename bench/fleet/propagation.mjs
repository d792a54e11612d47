/** Measures how long a result in one process takes to move the circuit in the others. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SHARED } from './guards.mjs'

/**
 * @import { CircuitState } from 'axios-breaker'
 * @import { FleetExtent, Scene } from './fleet.mjs'
 * @import { Event } from './process.mjs'
 * @import { Processes } from './processes.mjs'
 *
 * @typedef {readonly (readonly Event[])[]} EventsByProcess
 *
 * @typedef {object} Cause a result that moved the circuit
 * @property {CircuitState} to
 * @property {number} by which process
 * @property {number} at
 */

/** A circuit that opens at once and can close soon. */
const RULES = { threshold: 1, ttl: 0.05 }
/** Milliseconds. Longer than the ttl, and than a message takes. */
const PAUSE = 80

/**
 * @param {Scene} scene
 * @param {FleetExtent} extent
 * @returns milliseconds from the result in one process, before it reported to Redis, to the transition
 *   in each other process; and the expected number of transitions
 */
export async function propagation({ fleet, upstream, settings }, { transitions }) {
  upstream.behave({ isDown: false })
  await fleet.guardBy(SHARED, { ...settings, ...RULES })
  // The first message of a circuit makes the others read it once.
  await outage(fleet, 0)
  await fleet.all('reset')
  const outages = Math.ceil(transitions / 2)
  for (let index = 0; index < outages; index += 1) await outage(fleet, index % fleet.size)
  const eventsByProcess = await fleet.all('events')
  const causes = Array.from({ length: outages }, (_, index) =>
    causesOf(eventsByProcess, index),
  ).flat()
  // A transition after the next cause of the same kind belongs to that cause.
  const spans = causes.flatMap((cause, index) =>
    spansOf(eventsByProcess, cause, causes[index + 2]?.at),
  )
  return { spans, transitions: causes.length, expected: causes.length * (fleet.size - 1) }
}

/**
 * One process opens the circuit and closes it.
 *
 * @param {Processes} fleet
 * @param {number} index of the process
 */
async function outage(fleet, index) {
  await fleet.one(index, 'get', '/down')
  await sleep(PAUSE)
  await fleet.one(index, 'get', '/')
  await sleep(PAUSE)
}

/**
 * The results that opened and closed the circuit in one outage, from the process whose turn it was.
 *
 * @param {EventsByProcess} eventsByProcess
 * @param {number} outageIndex
 * @returns {Cause[]}
 */
function causesOf(eventsByProcess, outageIndex) {
  const by = outageIndex % eventsByProcess.length
  const turn = Math.floor(outageIndex / eventsByProcess.length)
  /** @param {Event['event']} event */
  const result = (event) => eventsByProcess[by].filter((each) => each.event === event)[turn]
  return [
    { to: 'opened', by, at: result('failed').at },
    { to: 'closed', by, at: result('recovered').at },
  ]
}

/**
 * @param {EventsByProcess} eventsByProcess
 * @param {Cause} cause
 * @param {number} [until] transitions after this time do not count
 */
function spansOf(eventsByProcess, { to, at, by }, until = Infinity) {
  /** @param {readonly Event[]} events */
  const heard = (events) =>
    events.find((each) => each.to === to && each.at >= at && each.at < until)
  const others = eventsByProcess.filter((_, index) => index !== by)
  return others.map(heard).flatMap((event) => (event ? [event.at - at] : []))
}
