/** How long it takes until what one process found out has moved the circuit in the others. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SHARED } from './guards.mjs'

/** A circuit that opens at once, and may soon be closed again. */
const RULES = { threshold: 1, ttl: 0.05 }
/** Longer than the ttl, and than a message takes, in milliseconds. */
const PAUSE = 80

/**
 * @returns milliseconds from the moment a process had the result, before it told Redis, to the
 *   transition in each other process; and how many of these there should have been
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
  // What comes after the next of its kind belongs to that one.
  const spans = causes.flatMap((cause, index) =>
    spansOf(eventsByProcess, cause, causes[index + 2]?.at),
  )
  return { spans, transitions: causes.length, expected: causes.length * (fleet.size - 1) }
}

/** Opened by one process and closed by the same. */
async function outage(fleet, index) {
  await fleet.one(index, 'get', '/down')
  await sleep(PAUSE)
  await fleet.one(index, 'get', '/')
  await sleep(PAUSE)
}

/** The results that opened and closed the circuit, in an outage of the process whose turn it was. */
function causesOf(eventsByProcess, outageIndex) {
  const by = outageIndex % eventsByProcess.length
  const turn = Math.floor(outageIndex / eventsByProcess.length)
  const result = (event) => eventsByProcess[by].filter((each) => each.event === event)[turn]
  return [
    { to: 'opened', by, at: result('failed').at },
    { to: 'closed', by, at: result('recovered').at },
  ]
}

/** @param until when it is too late, if ever */
function spansOf(eventsByProcess, { to, at, by }, until = Infinity) {
  const heard = (events) =>
    events.find((each) => each.to === to && each.at >= at && each.at < until)
  const others = eventsByProcess.filter((_, index) => index !== by)
  return others.map(heard).flatMap((event) => (event ? [event.at - at] : []))
}
