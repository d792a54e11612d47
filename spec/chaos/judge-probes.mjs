/** B: at most one probe under way in the fleet, of processes that follow it, where it is the fleet's circuit. */

/** Seconds for which the fleet's circuit must have been seen not closed: a message has passed by then. */
const SEEN = 0.5
/** Seconds before a probe in which nothing may have troubled those who probe. */
const CALM = 1

export function judgeProbes(journal, { troubles }) {
  const probes = journal.processes
    .flatMap((process) => process.probes.map((probe) => ({ process, ...probe })))
    .filter(({ up }) => up)
    .toSorted((a, b) => a.from - b.from)
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

/** A process whose circuit is opened by its own results alone may probe alone: the fleet's is closed then. */
function isNotClosed({ hashes }, at) {
  const seen = hashes.filter(({ t }) => t >= at - SEEN && t <= at)
  return seen.length >= 3 && seen.every(({ state }) => state && state !== 'closed')
}
