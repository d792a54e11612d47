/** E and F: the state when the faults are over. */

/** @import { Check, Found } from './types.js' */

/**
 * Seconds at the end of a quiet time in which no process of a healthy fleet reads a circuit. One of them may read the
 * list of forced circuits: all processes together do so about once in five seconds.
 */
const SILENT = 2
const ROUTINE = 1
/** Seconds before a check within which a process must have logged its state: it does so four times a second. */
const FRESH = 0.8

/** @type {Check} */
export function judgeConvergence({ processes, checks, hashes, parts, overAt }, { troubles }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const { t, names } of checks) {
    const hash = hashes.findLast((it) => it.t <= t)?.state
    if (hash !== 'closed') {
      violations.push({ at: t, process: 'redis', text: `the hash says ${hash ?? 'nothing'}` })
    }
    let sent = 0
    for (const name of names) {
      checked += 1
      const process = processes.find((it) => it.name === name)
      if (!process) throw new Error(`${name} was checked, and has not been started`)
      /** @param {string} text */
      const tell = (text) => violations.push({ at: t, process: name, text })
      const states = process.records.filter((it) => it.k === 'state')
      const last = states.findLast((it) => it.t <= t)
      if (!last || t - last.t >= FRESH) tell('says nothing')
      else if (!last.u || last.s !== 'closed')
        tell(`says ${last.s}, storage ${last.u ? 'up' : 'lost'}`)
      const end = parts.find((part) => part.t > t)?.t ?? overAt
      const refused = process.requests.filter(
        ({ start, ended }) => ended === 'refused' && start > t && start < end,
      )
      if (refused.length > 0) tell(`refused ${refused.length} requests after it`)
      const commands = process.records.filter(
        (it) => it.k === 'asked' && it.t > t - SILENT && it.t <= t,
      ).length
      // A process that notices that it missed messages reads its circuits again.
      const mayAsk = troubles.mayBeDeaf(process, t - SILENT, t)
      if (!mayAsk) sent += commands
    }
    if (sent > ROUTINE) {
      const text = `healthy processes sent ${sent} commands in the ${SILENT} s before`
      violations.push({ at: t, process: 'redis', text })
    }
  }
  return { checked, violations }
}

/** @type {Check} */
export function judgeExits({ processes, rules }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const { name, asked, exit, records } of processes) {
    if (!asked) continue
    checked += 1
    const ended = records.find(({ k }) => k === 'ended')
    const limit = asked.closes ? rules.exit.closed : rules.exit.left
    /** @param {string} text */
    const tell = (text) => violations.push({ at: asked.t, process: name, text })
    if (!ended) tell(`did not end within ${limit + 2} s`)
    else if (!exit || exit.signal || exit.t - ended.t > limit) {
      const how =
        exit && !exit.signal ? `exited ${(exit.t - ended.t).toFixed(3)} s` : 'was still there'
      tell(`${how} after ${asked.closes ? 'close()' : 'its last request'}`)
    }
  }
  return { checked, violations }
}

/** @type {Check} */
export function judgeNoise({ processes, faults }) {
  /** @type {Found[]} */
  const violations = []
  for (const { name, slot, exit, asked, printed } of processes) {
    const isKilled = faults.some(
      ({ kind, target, from, to }) =>
        kind === 'process-kill' && target === slot && exit && exit.t >= from && exit.t <= to + 1,
    )
    if (exit && !asked && !isKilled) {
      const text = `ended by itself, with ${exit.signal ?? exit.code}`
      violations.push({ at: exit.t, process: name, text })
    }
    for (const { t, text } of printed) violations.push({ at: t, process: name, text: text.trim() })
  }
  return { checked: processes.length, violations }
}
