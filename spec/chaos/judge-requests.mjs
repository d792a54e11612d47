/** A: the storage never makes a request fail or hang. */

/** @import { Check, Found, Span } from './types.js' */

/** Seconds: `permitDeadline`, its second chance (`lib/internal/timers.ts`), and the delays of two busy cores. */
const LONGEST_WAIT = 0.1 + 0.25
/** Seconds that a request may take in addition to its timeout and its wait. */
const SLACK = 1

/** @type {Check} */
export function judgeEnds({ processes, rules, overAt }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const process of processes) {
    const { name, requests, endedAt, stalls } = process
    for (const { id, start, end, ended, code } of requests) {
      checked += 1
      /** @param {string} text */
      const violation = (text) => violations.push({ at: start, process: name, text })
      if (ended === 'other') violation(`request ${id} ended with ${code}`)
      const last = Math.min(end ?? Infinity, endedAt, overAt + rules.timeout + SLACK)
      const took = last - start - stalledFor(stalls, start, last)
      if (took > rules.timeout + LONGEST_WAIT + SLACK) {
        violation(`request ${id} took ${took.toFixed(3)} s${end ? '' : ' and never ended'}`)
      }
    }
  }
  return { checked, violations }
}

/** @type {Check} */
export function judgeWaits({ processes }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const { name, requests, stalls } of processes) {
    for (const { id, start, sent, end, ended } of requests) {
      const decided = sent ?? (ended === 'refused' ? end : undefined)
      if (decided === undefined) continue
      checked += 1
      // Time in which the process did not run does not count, and it brings one more second chance.
      const stalled = stalledFor(stalls, start, decided)
      const wait = decided - start - stalled
      if (wait <= LONGEST_WAIT + (stalled > 0 ? 0.1 : 0)) continue
      const text = `request ${id} waited ${wait.toFixed(3)} s before it was ${sent ? 'sent' : 'refused'}`
      violations.push({ at: start, process: name, text })
    }
  }
  return { checked, violations }
}

/**
 * @param {readonly Span[]} stalls
 * @param {number} from
 * @param {number} to
 */
function stalledFor(stalls, from, to) {
  return stalls.reduce(
    (sum, stall) => sum + Math.max(0, Math.min(to, stall.to) - Math.max(from, stall.from)),
    0,
  )
}
