/** What may have opened a circuit, given what the processes saw. It reads the rules generously. */

/** Seconds. No failure proves anything for longer, however long the ttl is. */
const LONGEST_PROOF = 60
/**
 * Seconds after a success by which the fleet certainly knows that the streak before it is over: a round trip, and
 * the delays of two busy cores.
 */
const TAKEN_BACK = 0.35
/** A command that would be carried out later than this is dropped: the age of a streak counts from its sending. */
const TRANSIT = 0.5
const NOISE = 0.25
/** A gap that a process certainly notices: 1.5 s and a beat (`lib/fleet/pulse.ts`). */
const GAP = 1.6

/**
 * @import { Troubles } from './troubles.mjs'
 * @import { Counted, Journal, Process, Span } from './types.js'
 *
 * @typedef {{ failures: number[], endedAt: number }} Run failures in a row, and the success that ended it
 */

export class Evidence {
  #journal
  #troubles
  #life
  /** @type {Map<Process, readonly Run[]>} */
  #runs = new Map()
  /** The times at which the streaks of the fleet would have opened the circuit. */
  #ofFleet
  /**
   * The same by a process's own results alone.
   *
   * @type {Map<Process, readonly number[]>}
   */
  #ofOwn = new Map()
  #ofProbes

  /**
   * @param {Journal} journal
   * @param {Troubles} troubles
   */
  constructor(journal, troubles) {
    const { processes, rules } = journal
    this.#journal = journal
    this.#troubles = troubles
    this.#life = Math.min(rules.ttl, LONGEST_PROOF)
    for (const process of processes) {
      this.#runs.set(
        process,
        runsOf(process.outcomes, (failure) => isForFleet(process, failure)),
      )
      const own = runsOf(process.outcomes, () => true)
      const whole = own.flatMap(({ failures }) => failures.slice(rules.threshold - 1))
      this.#ofOwn.set(process, [...whole, ...failedProbes([process], () => true)].toSorted(byTime))
    }
    this.#ofProbes = failedProbes(processes, ({ up }) => up).toSorted(byTime)
    const moments = [...this.#runs.values()].flatMap((runs) =>
      runs.flatMap(({ failures }) => failures),
    )
    this.#ofFleet = moments.toSorted(byTime).filter((at) => this.#wouldOpen(at))
  }

  /**
   * Whether any evidence of the fleet could have opened the circuit, so that a request of this process may be
   * refused at this time.
   *
   * In a fleet without faults, a streak is reported at once or after 50 ms, and one earlier command may be under way
   * (0.5 s each): 1.3 s with noise. During a fault, a report may wait until its evidence is too old (the ttl), and
   * then be under way for half a second. The end of a failed probe may be sent after the storage was lost, for as
   * long as its permit stands: two leases (`lib/storage/limits.ts`).
   *
   * @param {Process} process
   * @param {number} at
   */
  mayRefuse(process, at) {
    const { ttl, lease } = this.#journal.rules
    const isClean = !this.#troubles.anybody(at - ttl - this.#life - 1, at)
    const late = isClean ? 1.3 : this.#life + TRANSIT + 2 * NOISE
    const lateProbe = isClean ? 1.3 : 2 * lease + 1
    return (
      isWithin(this.#ofOwn.get(process) ?? [], at - ttl - NOISE, at) ||
      isWithin(this.#ofFleet, at - ttl - late, at) ||
      isWithin(this.#ofProbes, at - ttl - lateProbe, at)
    )
  }

  /**
   * Whether a circuit may be open by anything that was seen from here on.
   *
   * @param {Process} process
   * @param {number} from
   * @param {number} to
   */
  hasAny(process, from, to) {
    return [this.#ofFleet, this.#ofProbes, this.#ofOwn.get(process) ?? []].some((times) =>
      isWithin(times, from, to),
    )
  }

  /**
   * With the `quorum - 1` worst processes left out.
   *
   * @param {number} at
   */
  #wouldOpen(at) {
    const { quorum, threshold } = this.#journal.rules
    const streaks = this.#journal.processes.map((process) => this.#standing(process, at))
    const counted = streaks.toSorted((a, b) => b - a).slice(quorum - 1)
    return counted.reduce((sum, streak) => sum + streak, 0) >= threshold
  }

  /**
   * The longest streak of this process that may stand: if it was taken back during a fault, until it is too old.
   *
   * @param {Process} process
   * @param {number} at
   */
  #standing(process, at) {
    let most = 0
    for (const { failures, endedAt } of this.#runs.get(process) ?? []) {
      const seen = failures.filter((failure) => failure <= at)
      const newest = seen.at(-1)
      if (newest === undefined || at - newest > this.#life + TRANSIT) continue
      const isOver = at > endedAt + TAKEN_BACK
      if (isOver && !this.#troubles.of(process, newest - 1, at)) continue
      most = Math.max(most, seen.length)
    }
    return most
  }
}

/**
 * @param {number} a
 * @param {number} b
 */
const byTime = (a, b) => a - b

/**
 * @param {readonly number[]} times
 * @param {number} from
 * @param {number} to
 */
function isWithin(times, from, to) {
  // A transition is logged just before the result that caused it.
  return times.some((time) => time >= from && time <= to + 0.05)
}

/**
 * @param {readonly Process[]} processes
 * @param {(outcome: Counted) => boolean} isMeant
 */
function failedProbes(processes, isMeant) {
  return processes.flatMap(({ outcomes }) =>
    outcomes.filter((it) => it.isProbe && it.isFailure && isMeant(it)).map(({ t }) => t),
  )
}

/**
 * @param {readonly Counted[]} outcomes
 * @param {(failure: Counted) => boolean} counts
 */
function runsOf(outcomes, counts) {
  /** @type {Run[]} */
  const runs = []
  /** @type {Run | undefined} */
  let run
  for (const outcome of outcomes) {
    if (!outcome.isFailure) {
      if (run) run.endedAt = outcome.t
      run = undefined
    } else if (counts(outcome)) {
      if (!run) runs.push((run = { failures: [], endedAt: Infinity }))
      run.failures.push(outcome.t)
    }
  }
  return runs
}

/**
 * What a process saw while it was known to be alone, or during a time in which it did not run, is no evidence for
 * the others.
 *
 * @param {Process} process
 * @param {Counted} failure
 */
function isForFleet({ losses, stalls }, { sent, t }) {
  /** @param {Span} span */
  const overlaps = ({ from, to }) => from < t && sent < to
  return (
    !losses.some(overlaps) && !stalls.some((span) => span.to - span.from > GAP && overlaps(span))
  )
}
