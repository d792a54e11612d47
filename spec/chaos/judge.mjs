/** The verdict on a run: a pure function of its journal. */
import { Evidence } from './evidence.mjs'
import { judgeConvergence, judgeExits, judgeNoise } from './judge-ends.mjs'
import { judgeRecovery, judgeOutages, judgeOwnThreshold } from './judge-outages.mjs'
import { judgeProbes } from './judge-probes.mjs'
import { judgeRefusals, judgeHalfOpened } from './judge-refusals.mjs'
import { judgeEnds, judgeWaits } from './judge-requests.mjs'
import { Troubles } from './troubles.mjs'

/** @import { Check, Found, Journal, Verdict } from './types.js' */

/** @type {[rule: string, title: string, check: Check][]} */
const RULES = [
  ['A1', 'Each request ends by the upstream or by a refusal', judgeEnds],
  ['A2', 'No request waits for the storage', judgeWaits],
  ['B', 'One probe in the fleet', judgeProbes],
  ['C1', 'No request is refused without fresh evidence', judgeRefusals],
  ['C2', 'No request is refused as half-opened without a probe', judgeHalfOpened],
  ['D1', "A process's own threshold protects it", judgeOwnThreshold],
  ['D2', 'A real outage opens for all', judgeOutages],
  ['D3', 'All admit again after a recovery', judgeRecovery],
  ['E', 'All agree when it is quiet', judgeConvergence],
  ['F1', 'Each process exits by itself', judgeExits],
  ['F2', 'No process crashes or prints an error', judgeNoise],
]

/** Seconds. Violations this close together count as one that continues, and not as thousands. */
const ONCE_EACH = 1

/**
 * @param {Journal} journal
 * @returns {Verdict[]}
 */
export function judge(journal) {
  const troubles = new Troubles(journal)
  const evidence = new Evidence(journal, troubles)
  return RULES.map(([rule, title, check]) => {
    const { checked, violations } = check(journal, { troubles, evidence })
    return { rule, title, checked, violations: thinned(violations).map((it) => ({ rule, ...it })) }
  })
}

/** @param {readonly Found[]} violations */
function thinned(violations) {
  /** @type {Map<string, number>} */
  const last = new Map()
  return violations
    .toSorted((a, b) => a.at - b.at)
    .filter(({ process, at }) => {
      const isNew = at - (last.get(process) ?? -Infinity) > ONCE_EACH
      if (isNew) last.set(process, at)
      return isNew
    })
}
