/** D: a real outage opens the circuits of all processes, and its end closes them. */

/** @import { Check, Found, Journal, Process } from './types.js' */

/**
 * Seconds until an outage has opened all circuits: requests that hang fail after their timeout of 0.8 s; a process
 * with many requests has five failures 0.1 s later; a report and a message take milliseconds; the rest is noise.
 */
const OPENS_WITHIN = 2
/** Seconds, besides a ttl, that an outage must last to be noticed. */
const REAL = 3
/** Seconds between two reads of a circuit that is not closed: 5, give or take a fifth. */
const REFRESH = 6
const NOISE = 0.5

/** @type {Check} */
export function judgeOwnThreshold({ processes, rules }, { troubles }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const process of processes) {
    let row = { count: 0, first: 0 }
    let lastMove = -Infinity
    /** @type {Map<number | undefined, number>} */
    const sentAt = new Map()
    for (const record of process.records) {
      const { k, t } = record
      if (k === 'move' || k === 'lost' || k === 'restored' || k === 'stall') {
        row = { count: 0, first: t }
        if (k === 'move') lastMove = t
      }
      if (record.k === 'attempt') {
        const { id, o, probe } = record
        if (o === 'success') row = { count: 0, first: t }
        const counts = o === 'failure' && !probe && (sentAt.get(id) ?? -Infinity) > lastMove
        if (counts) row = { count: row.count + 1, first: row.count ? row.first : t }
        // The failure that opens the circuit is logged after the transition.
        if (counts && row.count === rules.threshold - 1) checked += 1
      }
      if (record.k !== 'sent') continue
      sentAt.set(record.id, t)
      if (row.count < rules.threshold || record.s !== 'closed') continue
      if (troubles.of(process, row.first - 1, t)) continue
      const text = `sent a request after ${row.count} failures in a row`
      violations.push({ at: t, process: process.name, text })
    }
  }
  return { checked, violations }
}

/** @type {Check} */
export function judgeOutages({ processes, health, rules }, { troubles }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const { from, to } of outagesOf(health, rules)) {
    /** @param {Process} process */
    const isFit = (process) =>
      process.bornAt < from - 1 &&
      process.endedAt > to &&
      !troubles.of(process, from - 1, to) &&
      !troubles.mayBeDeaf(process, from, to)
    const fit = processes.filter(isFit)
    // Without the worst process, another one must still reach the threshold.
    if (fit.filter(({ isThick }) => isThick).length < rules.quorum || fit.length < 2) continue
    for (const { name, requests } of fit) {
      checked += 1
      const begin = from + OPENS_WITHIN
      for (const { sent, isProbe } of requests) {
        if (sent === undefined || sent < begin || sent > to - 0.05 || isProbe) continue
        const text = `sent a request ${(sent - from).toFixed(3)} s into an outage, and no probe`
        violations.push({ at: sent, process: name, text })
      }
    }
  }
  return { checked, violations }
}

/**
 * After the last failure, the circuit is opened for at most a ttl. Then a probe takes a round trip, and a message
 * informs all processes. A process that may have missed it reads the circuit again after a while.
 *
 * @type {Check}
 */
export function judgeRecovery({ processes, health, rules }, { troubles, evidence }) {
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  for (const { to } of outagesOf(health, rules)) {
    const hung = to + rules.timeout + 0.05
    for (const process of processes) {
      const { name, requests, bornAt, endedAt } = process
      const refresh = troubles.mayBeDeaf(process, to, hung) ? REFRESH : 0
      const from = hung + rules.ttl + refresh + NOISE
      const ill = health.filter((span) => span.from > to).map((span) => span.from)
      const until = Math.min(from + 1.5, ...ill)
      const isThere = bornAt < to && endedAt > until && until > from
      if (!isThere || troubles.of(process, to - 1, until)) continue
      if (evidence.hasAny(process, hung, until)) continue
      checked += 1
      for (const { start, ended } of requests) {
        if (ended !== 'refused' || start < from || start > until) continue
        const text = `refused a request ${(start - to).toFixed(3)} s after the recovery`
        violations.push({ at: start, process: name, text })
      }
    }
  }
  return { checked, violations }
}

/**
 * @param {Journal['health']} health
 * @param {Journal['rules']} rules
 */
export function outagesOf(health, { ttl }) {
  return health.filter(({ target, from, to }) => target === 'all' && to - from >= ttl + REAL)
}
