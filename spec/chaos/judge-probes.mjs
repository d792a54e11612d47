/** B: at most one probe is in flight, among processes that follow the fleet, for a circuit of the fleet. */

/** @import { Check, Found, Journal } from './types.js' */

/** Seconds for which the fleet's circuit must not have been closed: all processes have had a message by then. */
const SEEN = 0.5
/** Seconds before a probe in which no fault may have affected the processes that probe. */
const CALM = 1

/** @type {Check} */
export function judgeProbes(journal, { troubles }) {
  const probes = journal.processes
    .flatMap((process) => process.probes.map((probe) => ({ process, ...probe })))
    .filter(({ up }) => up)
    .toSorted((a, b) => a.from - b.from)
  /** @type {Found[]} */
  const violations = []
  let checked = 0
  probes.forEach((second, index) => {
    const isShared = isNotClosed(journal, second.from)
    if (isShared) checked += 1
    for (const first of probes.slice(Math.max(0, index - 20), index)) {
      if (!isShared || first.to <= second.from) continue
      if (!isNotClosed(journal, first.from)) continue
      const isTroubled = [first, second].some(({ process }) =>
        troubles.of(process, first.from - CALM, second.from),
      )
      if (isTroubled) continue
      const overlap = Math.min(first.to, second.to) - second.from
      const text = `probed while ${first.process.name} did, for ${overlap.toFixed(3)} s`
      violations.push({ at: second.from, process: second.process.name, text })
    }
  })
  return { checked, violations }
}

/**
 * If only a process's own results opened its circuit, it may probe alone: the fleet's circuit is closed.
 *
 * @param {Journal} journal
 * @param {number} at
 */
function isNotClosed({ hashes }, at) {
  const seen = hashes.filter(({ t }) => t >= at - SEEN && t <= at)
  return seen.length >= 3 && seen.every(({ state }) => state && state !== 'closed')
}
