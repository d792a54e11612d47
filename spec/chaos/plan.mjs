/** Draws which faults happen when. The same seed gives the same plan, whatever happens in the run. */

/** Seconds that a fleet is given before the first fault, and between two parts of the run. */
const REST = 3
/** Seconds of a part in which the upstream alone fails: for one, then for all; and of the recovery after it. */
const OUTAGES = 16
/** Seconds of a quiet part. */
const QUIET = 12

/**
 * @import { Mode, Part, PlannedFault } from './types.js'
 * @import { Random } from './random.mjs'
 *
 * @typedef {object} FaultKind
 * @property {'redis' | 'slot' | 'upstream'} on where
 * @property {number} weight
 * @property {[least: number, most: number]} [seconds] for how long; none if it is over at once
 * @property {readonly string[]} [uses] two faults that use the same thing do not overlap
 */

/**
 * What can go wrong.
 *
 * @type {Readonly<Record<string, FaultKind>>}
 */
const KINDS = {
  'redis-stop': { on: 'redis', weight: 3, seconds: [0.2, 5], uses: ['process'] },
  'redis-restart': { on: 'redis', weight: 2, seconds: [0.2, 4], uses: ['process'] },
  'redis-flush': { on: 'redis', weight: 3 },
  'redis-script-flush': { on: 'redis', weight: 1 },
  'redis-kill-clients': { on: 'redis', weight: 2 },
  'redis-kill-subscribers': { on: 'redis', weight: 2 },
  'redis-read-only': { on: 'redis', weight: 2, seconds: [0.2, 5], uses: ['writes'] },
  'redis-full': { on: 'redis', weight: 2, seconds: [0.2, 5], uses: ['writes'] },
  'net-cut': { on: 'slot', weight: 2 },
  'net-refuse': { on: 'slot', weight: 2, seconds: [0.2, 8], uses: ['accept'] },
  'net-silence': { on: 'slot', weight: 2, seconds: [0.2, 4], uses: ['bytes'] },
  'net-delay': { on: 'slot', weight: 2, seconds: [0.5, 6], uses: ['delay'] },
  'net-hold': { on: 'slot', weight: 3, seconds: [1, 6], uses: ['bytes'] },
  'process-stop': { on: 'slot', weight: 4, seconds: [1, 6], uses: ['process'] },
  'process-busy': { on: 'slot', weight: 3, seconds: [0.3, 3], uses: ['process'] },
  'process-kill': { on: 'slot', weight: 2, seconds: [0.2, 3], uses: ['process'] },
  'upstream-of-one': { on: 'slot', weight: 5, seconds: [0.5, 10], uses: ['upstream'] },
  'cut-off': { on: 'slot', weight: 4, seconds: [0.5, 8], uses: ['upstream', 'accept', 'bytes'] },
  outage: { on: 'upstream', weight: 3, seconds: [0.5, 6], uses: ['all'] },
}

/**
 * @param {Random} random
 * @param {number} seconds of the whole run
 * @param {readonly string[]} slots
 */
export function drawPlan(random, seconds, slots) {
  /** @type {Part[]} */
  const parts = []
  let from = REST
  /** @param {number} to */
  const fill = (to) => {
    let kind = random.next() < 0.5 ? 'storm' : 'outages'
    while (to - from > 2 * REST) {
      const left = to - from
      const length = Math.min(left, kind === 'storm' ? random.between(14, 22) : OUTAGES)
      const end = left - length < 3 * REST ? to : from + length
      parts.push(drawPart(random, kind, { from, to: end - REST, slots }))
      from = end
      kind = kind === 'storm' ? 'outages' : 'storm'
    }
  }
  /** @param {number} at */
  const quiet = (at) => {
    parts.push({ kind: 'quiet', from: at, to: at + QUIET, faults: [] })
    from = at + QUIET
  }
  const last = seconds - QUIET
  if (seconds >= 80) {
    fill(seconds / 2 - QUIET)
    quiet(seconds / 2 - QUIET)
  }
  fill(last)
  quiet(last)
  return parts
}

/**
 * @param {Random} random
 * @param {string} kind
 * @param {{ from: number, to: number, slots: readonly string[] }} frame
 * @returns {Part}
 */
function drawPart(random, kind, { from, to, slots }) {
  const faults =
    kind === 'storm' ? drawStorm(random, from, to, slots) : drawOutages(random, from, to, slots)
  return { kind, from, to, faults: faults.toSorted((a, b) => a.at - b.at) }
}

/**
 * @param {Random} random
 * @param {number} from
 * @param {number} to
 * @param {readonly string[]} slots
 */
function drawStorm(random, from, to, slots) {
  /** @type {PlannedFault[]} */
  const faults = []
  for (let at = from; at < to; at += random.gap(0.6)) {
    const kind = random.weighted(KINDS)
    const { on, seconds = [0, 0], uses = [] } = KINDS[kind]
    const target = on === 'slot' ? random.oneOf(slots) : on
    const until = Math.min(to, at + random.between(...seconds))
    const mode = modeFor(random, kind)
    const fault = { kind, target, at, until, mode, uses }
    if (!faults.some((other) => collide(fault, other))) faults.push(fault)
  }
  return faults
}

/**
 * Faults of the upstream alone: one process's, then everybody's, for longer than a ttl.
 *
 * @param {Random} random
 * @param {number} from
 * @param {number} to
 * @param {readonly string[]} slots
 * @returns {PlannedFault[]}
 */
function drawOutages(random, from, to, slots) {
  const middle = from + Math.min(3, (to - from) / 3)
  const one = { kind: 'upstream-of-one', target: random.oneOf(slots), at: from, until: middle - 1 }
  const end = Math.min(to, middle + random.between(5.2, 6))
  const all = { kind: 'outage', target: 'upstream', at: middle, until: end }
  return [
    { ...one, mode: modeFor(random, one.kind), uses: ['upstream'] },
    { ...all, mode: modeFor(random, all.kind), uses: ['all'] },
  ].filter(({ at, until }) => until > at)
}

/** @type {readonly Mode[]} */
const MODES_OF_ALL = ['error', 'hang', 'refused']
/** @type {readonly Mode[]} */
const MODES_OF_ONE = ['error', 'hang', 'reset']

/**
 * How an upstream fails, if the fault is one of the upstream.
 *
 * @param {Random} random
 * @param {string} kind
 */
function modeFor(random, kind) {
  if (kind === 'outage') return random.oneOf(MODES_OF_ALL)
  const mode = random.oneOf(MODES_OF_ONE)
  return KINDS[kind].uses?.includes('upstream') ? mode : undefined
}

/**
 * @param {PlannedFault} one
 * @param {PlannedFault} other
 */
function collide(one, other) {
  return (
    one.target === other.target &&
    one.at < other.until + 0.3 &&
    other.at < one.until + 0.3 &&
    one.uses.some((thing) => other.uses.includes(thing))
  )
}
