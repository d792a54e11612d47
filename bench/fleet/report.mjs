/** Writes the results of the fleet as Markdown. */
import { inWords, table } from '../markdown.mjs'
import { median, quantile } from '../statistics.mjs'
import { CALLERS as FROZEN_CALLERS, SLOW } from './frozen.mjs'
import { CACHED, NAIVE } from './guards.mjs'
import { SUCCESSES, THRESHOLD } from './outage.mjs'
import { CALLERS, DELAY, RULES } from './probes.mjs'
import { ERRORS, RATE, STREAK } from './random-errors.mjs'

/**
 * @import { Results } from '../main.mjs'
 *
 * @typedef {Results['fleet']} Found
 * @typedef {Found['frozen'][number]} Frozen
 */

/** @param {Results} results */
export function fleetReport({ fleet, extent }) {
  const { processes, freeze } = extent.fleet
  return [
    `## Redis commands in a fleet`,
    `Here and below: ${processes} processes with a circuit each or a shared one, a real service, and redis-server ${fleet.redis} on the ` +
      `loopback. _${NAIVE}_ is a small breaker in the manner of the Python original: it reads state and count before each request, ` +
      `counts failures by INCR, and writes transitions by SET. _${CACHED}_ is the same, but keeps what it has read of a closed circuit ` +
      'for as long. Redis counts the commands; those that a script runs inside of one command are counted separately. The last column is ' +
      'at a steady rate of healthy requests.',
    table(
      [
        'variant',
        'per healthy request',
        'per failure',
        'run by its script',
        'per second and process',
      ],
      Object.entries(fleet.commands).map(commandsOf),
    ),
    `## ${ERRORS * 100} % of the requests fail`,
    `Each process sends up to 250 requests a second. The commands are those of all ${processes} processes.`,
    table(
      ['options', 'requests per second', 'commands per second', 'per failure', 'transitions'],
      [errorsRow(RATE, fleet.randomErrors.rate), errorsRow(STREAK, fleet.randomErrors.streak)],
    ),
    '## A transition reaches the other processes',
    `The time from a result in one process, before it reports that to Redis, to the transition in each of the other ${processes - 1}.`,
    table(['transitions', 'observed', 'median ms', '99 % ms', 'longest ms'], [spansOf(fleet)]),
    '## Probes of a service that stays down',
    `It answers 500 after ${DELAY} ms; the ttl is ${RULES.ttl} s, and each process has ${CALLERS} callers.`,
    table(
      ['variant', 'requests per ttl', 'most in flight'],
      Object.entries(fleet.probes).map(([name, { perTtl, most }]) => [
        name,
        perTtl.toFixed(1),
        most,
      ]),
    ),
    '## Redis frozen',
    `For ${freeze} s Redis takes commands and answers none; each process has ${FROZEN_CALLERS} callers. In brackets the same for ` +
      'an equal time before. Failed are requests that were neither answered by the service nor refused.',
    table(
      ['variant', 'service', 'requests', 'median ms', 'longest ms', `over ${SLOW} ms`, 'failed'],
      fleet.frozen.map(frozenRow),
    ),
    '## A service that breaks',
    `Requests that it still gets until each process refuses, with one caller in each. All open after ${THRESHOLD} failures in a row, opossum when more than ` +
      `half of ${THRESHOLD} requests or more have failed. Median, and in brackets the extremes.`,
    table(
      ['variant', 'from the start', `after ${SUCCESSES} successes each`],
      Object.entries(fleet.outage).map(([name, { fresh, used }]) => [
        name,
        withExtremes(fresh),
        withExtremes(used),
      ]),
    ),
  ]
}

/** @param {[name: string, Found['commands'][string]]} variant */
function commandsOf([name, { perRequest, perFailure, scriptedPerFailure, perSecond }]) {
  const figures = [perRequest, perFailure, scriptedPerFailure, perSecond]
  return [name, ...figures.map((figure) => figure.toFixed(2))]
}

/**
 * @param {Readonly<Record<string, number>>} rules
 * @param {Found['randomErrors']['rate']} found
 */
function errorsRow(rules, found) {
  const { requestsPerSecond, commandsPerSecond, commandsPerFailure, transitions } = found
  const option = Object.entries(rules).map(([name, value]) => `\`${name}: ${value}\``)
  return [
    option.join(', '),
    inWords(Math.round(requestsPerSecond)),
    commandsPerSecond.toFixed(2),
    commandsPerFailure.toFixed(2),
    transitions,
  ]
}

/** @param {Found} fleet */
function spansOf({ propagation: { spans, transitions, expected } }) {
  const figures = [median(spans), quantile(spans, 0.99), Math.max(...spans)]
  const observed = `${inWords(spans.length)} of ${inWords(expected)}`
  return [transitions, observed, ...figures.map((figure) => figure.toFixed(2))]
}

/** @param {Frozen} row */
function frozenRow({ variant, isDown, before, during }) {
  /** @param {(figures: Frozen['before']) => string | number} figure */
  const both = (figure) => `${figure(during)} (${figure(before)})`
  return [
    variant,
    isDown ? 'down' : 'well',
    both(({ requests }) => inWords(requests)),
    both((found) => found.median.toFixed(1)),
    both(({ longest }) => longest.toFixed(0)),
    both(({ slow }) => inWords(slow)),
    both(({ broken }) => broken),
  ]
}

/** @param {readonly number[]} values */
function withExtremes(values) {
  return `${median(values).toFixed(0)} (${Math.min(...values)}–${Math.max(...values)})`
}
