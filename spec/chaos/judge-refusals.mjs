/** C: no request is refused because of old failures of another process. */

/** @import { Check, Found, Process, Rules } from './types.js' */

/** Seconds around a refusal in which a probe may begin or end: the two are logged at slightly different times. */
const APART = 0.35
/**
 * Seconds after the end of a fault in which a process that no longer runs may still hold the permit.
 *
 * @param {Rules} rules
 */
const permitLife = ({ lease }) => 2 * lease + 1

/** @type {Check} */
export function judgeRefusals({ processes }, { evidence }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const process of processes) {
    for (const { start, end = start, ended, refused, up } of process.requests) {
      if (ended !== 'refused' || refused !== 'opened') continue
      checked += 1
      if (evidence.mayRefuse(process, end)) continue
      const text = `was refused without fresh evidence, storage ${up ? 'up' : 'lost'}`
      violations.push({ at: start, process: process.name, text })
    }
  }
  return { checked, violations }
}

/** @type {Check} */
export function judgeHalfOpened({ processes, rules }, { troubles }) {
  const probes = processes.flatMap((process) => process.probes)
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const process of processes) {
    for (const { id, start, end = start, ended, refused } of process.requests) {
      if (ended !== 'refused' || refused !== 'half-opened') continue
      // A prober that was killed, frozen or cut off holds its permit until its lease is over.
      if (troubles.anybody(start - permitLife(rules), end)) continue
      checked += 1
      if (probes.some(({ from, to }) => from - APART <= end && start <= to + APART)) continue
      if (isAsking(process, id, start, end)) continue
      const text = 'was refused as half-opened, and nobody probed'
      violations.push({ at: start, process: process.name, text })
    }
  }
  return { checked, violations }
}

/**
 * Another request of the process asks for the permit.
 *
 * @param {Process} process
 * @param {number} id
 * @param {number} start
 * @param {number} end
 */
function isAsking({ requests }, id, start, end) {
  return requests.some((it) => it.id !== id && it.start <= end && (it.sent ?? it.end ?? 0) >= start)
}
