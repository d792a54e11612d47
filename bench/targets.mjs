/** Compares the results of axios-breaker with its targets. */
import { SHARED } from './fleet/guards.mjs'
import { median, ratios } from './statistics.mjs'
import { BARE, MONITORED, NOOP, OURS, RATED, RULED } from './variants.mjs'

/** @import { Results } from './main.mjs' */

/**
 * In milliseconds. With the public interface of prom-client alone, a scrape of a thousand circuits takes 69 to
 * 78 ms. With internals of prom-client, which may change, it took 50 ms.
 */
const SCRAPE = 100

/**
 * @param {Results} results
 * @returns a row of the report for each target
 */
export function targets({
  closed,
  concurrent,
  refused,
  idle,
  used,
  failureCost,
  fleet,
  scrape,
  extent,
}) {
  const { bytes, timers } = idle.found[OURS]
  const { perRequest, perFailure } = fleet.commands[SHARED]
  const { most } = fleet.probes[SHARED]
  const { rate, streak } = fleet.randomErrors
  const spread = median(fleet.propagation.spans)
  const { processes } = extent.fleet
  return [
    row(`a request through a closed circuit, over a ${NOOP}`, 1.01, overNoop(closed), times),
    row(`50 at once, over a ${NOOP}`, 1.01, overNoop(concurrent), times),
    row(`with metrics, over a ${NOOP}`, 1.03, overNoop(closed, MONITORED), times),
    row(`with failureRate and slowAfter, over a ${NOOP}`, 1.02, overNoop(closed, RULED), times),
    row('a refused request, over a bare rejection', 0.65, ratioOf(refused), times),
    row('memory of an idle circuit', 1024, bytes, inBytes),
    row('memory of its failureRate, once it is used', 200, used.found[RATED], inBytes),
    row(`timers of ${extent.circuits} idle circuits`, 0, timers, String),
    row(
      `a failure with ${extent.successes} successes in its failureRate, over one with 100`,
      1.5,
      failureCost[RATED].ratio.median,
      times,
    ),
    row('Redis commands per healthy request', 0, perRequest, hundredths),
    row('Redis commands per failure', 1, perFailure, hundredths),
    row(
      'commands per second of a fleet with failureRate, while 1 % fail',
      1,
      rate.commandsPerSecond,
      hundredths,
    ),
    row(
      'commands per failure by threshold alone, while 1 % fail',
      0.1,
      streak.commandsPerFailure,
      hundredths,
    ),
    row(`probes in flight at once in a fleet of ${processes} processes`, 1, most, String),
    row('a transition reaches the other processes, median', 2, spread, milliseconds),
    row(`a scrape of ${scrape.circuits} circuits`, SCRAPE, scrape.milliseconds, milliseconds),
  ]
}

/**
 * The verdict uses the rounded figure that the report shows.
 *
 * @param {string} what
 * @param {number} limit
 * @param {number} found
 * @param {(value: number) => string} show
 */
function row(what, limit, found, show) {
  const reached = parseFloat(show(found)) <= limit
  return [what, `≤ ${show(limit)}`, show(found), reached ? 'reached' : '**missed**']
}

/** @param {Results['closed']} samples */
function overNoop(samples, name = OURS) {
  return ratios(samples[name], samples[NOOP]).median
}

/** @param {Results['refused']} samples */
function ratioOf(samples) {
  return ratios(samples[OURS], samples[BARE]).median
}

/** @param {number} value */
const times = (value) => `${value.toFixed(3)} ×`
/** @param {number} value */
const inBytes = (value) => `${value.toFixed(0)} bytes`
/** @param {number} value */
const hundredths = (value) => value.toFixed(2)
/** @param {number} value */
const milliseconds = (value) => `${value.toFixed(2)} ms`
