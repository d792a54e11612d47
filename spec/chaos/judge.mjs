/** The verdict on a run: a pure function of its journal. */
import { Evidence } from './evidence.mjs'
import { judgeConvergence, judgeExits, judgeNoise } from './judge-ends.mjs'
import { judgeRecovery, judgeOutages, judgeOwnThreshold, outagesOf } from './judge-outages.mjs'
import { judgeProbes } from './judge-probes.mjs'
import { judgeRefusals, judgeHalfOpened } from './judge-refusals.mjs'
import { judgeEnds, judgeWaits } from './judge-requests.mjs'
import { Troubles } from './troubles.mjs'

/** @import { Check, Found, Journal, Verdict } from './types.js' */

/**
 * Whether a run puts a rule to the test for certain: if it has nothing to check then, the run or the judge is wrong.
 *
 * @typedef {(journal: Journal) => boolean} Certain
 */

/**
 * Outages after which a rule has something to check, although the rule leaves out what faults may have affected: a
 * machine that stalls affects all processes, for a second or more.
 */
const ENOUGH = 3

/** @type {Certain} */
const always = () => true
/** @type {Certain} */
const afterOne = ({ health, rules }) => outagesOf(health, rules).length > 0
/** @type {Certain} */
const afterSome = ({ health, rules }) => outagesOf(health, rules).length >= ENOUGH
/**
 * Only if requests hang, probes take so long that other requests meet them.
 *
 * @type {Certain}
 */
const afterSomeThatHang = ({ health, rules }) =>
  outagesOf(health, rules).filter(({ mode }) => mode === 'hang').length >= ENOUGH

/** @type {[rule: string, title: string, check: Check, isCertain: Certain][]} */
const RULES = [
  ['A1', 'Each request ends by the upstream or by a refusal', judgeEnds, always],
  ['A2', 'No request waits for the storage', judgeWaits, always],
  ['B', 'One probe in the fleet', judgeProbes, afterOne],
  ['C1', 'No request is refused without fresh evidence', judgeRefusals, afterOne],
  [
    'C2',
    'No request is refused as half-opened without a probe',
    judgeHalfOpened,
    afterSomeThatHang,
  ],
  ['D1', "A process's own threshold protects it", judgeOwnThreshold, afterOne],
  ['D2', 'A real outage opens for all', judgeOutages, afterSome],
  ['D3', 'All admit again after a recovery', judgeRecovery, afterSome],
  ['E', 'All agree when it is quiet', judgeConvergence, always],
  ['F1', 'Each process exits by itself', judgeExits, always],
  ['F2', 'No process crashes or prints an error', judgeNoise, always],
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
  return RULES.map(([rule, title, check, isCertain]) => {
    const { checked, violations: found } = check(journal, { troubles, evidence })
    const violations = thinned(found).map((it) => ({ rule, ...it }))
    const isTested = checked > 0 || !isCertain(journal)
    return { rule, title, checked, violations, hasPassed: isTested && violations.length === 0 }
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
