/** Writes the results as Markdown. */
import { fleetReport } from './fleet/report.mjs'
import { inWords, table } from './markdown.mjs'
import { median, ratios } from './statistics.mjs'
import { targets } from './targets.mjs'
import { BARE, NAMES, NOOP, OURS } from './variants.mjs'

/** @import { Results } from './main.mjs' */

/** @param {Results} results */
export function report(results) {
  const { circuits, successes } = results.extent
  return [
    '# Benchmark',
    introduction(results),
    '## Targets',
    table(['what', 'target', 'found', ''], targets(results)),
    '## A closed circuit',
    'One request after the other, to an adapter that answers at once.',
    timings(results.closed),
    '## 50 requests at once',
    'The adapter answers one turn of the event loop later. Per request.',
    timings(results.concurrent),
    '## A real server',
    "One request after the other to a server on the loopback, by axios's default adapters, with keep-alive.",
    timings(results.server),
    '## An opened circuit',
    'With an adapter that rejects. opossum, cockatiel and mollitia wrap the call of axios, so a refusal costs ' +
      'them no axios request. In return, no interceptor sees their refusals, which are no `AxiosError`s.',
    refusals(results),
    `## ${inWords(circuits)} idle circuits`,
    `Heap after a garbage collection, beyond the axios instance's own ${inWords(results.idle.instance)} bytes, ` +
      'and timers that run, with those that do not keep the process alive.',
    idleness(results.idle),
    `## ${inWords(circuits)} circuits in use`,
    'Heap after a garbage collection, once each has seen a request, beyond that of a circuit of ' +
      `${OURS} without these rules.`,
    memory(results.used),
    `## A failure after ${inWords(successes)} successes`,
    'Compared with a failure after 100 successes.',
    failures(results.failureCost),
    '## A scrape',
    scraped(results.scrape),
    ...fleetReport(results),
  ].join('\n\n')
}

/** @param {Results} results */
function introduction({ about, extent }) {
  const versions = Object.entries(about.versions).map(([name, version]) => `${name} ${version}`)
  return (
    `${about.date}, Node ${about.node}, ${about.cores} cores. ${versions.join(', ')}.\n\n` +
    `Each of ${extent.rounds} rounds, spread over several processes, runs all variants in a random order. A variant's time in a process ` +
    'is the lower quartile of its rounds, because other work on the machine can only make a round slower. A ratio is the median over the processes, ' +
    `with the quartiles in brackets; the difference between _${BARE}, again_ and 1 is noise. ` +
    'Made by `npm run bench`.'
  )
}

/** @param {Results['closed']} samples */
function timings(samples) {
  const rows = NAMES.map((name) => timing(samples, name))
  return table(['variant', 'µs', `× ${BARE}`, `× ${NOOP}`], rows)
}

/**
 * @param {Results['closed']} samples
 * @param {string} name
 */
function timing(samples, name) {
  const over = [BARE, NOOP].map((base) => withQuartiles(ratios(samples[name], samples[base])))
  return [name, median(samples[name]).toFixed(1), ...over]
}

/** @param {Results} results */
function refusals({ refused, refusing }) {
  const rows = NAMES.map((name) => {
    const [, microseconds, ratio] = timing(refused, name)
    return [name, refusing[name] ? 'yes' : 'no', microseconds, ratio]
  })
  return table(['variant', 'refuses', 'µs', `× ${BARE} that rejects`], rows)
}

/** @param {Results['idle']} idle */
function idleness({ found }) {
  const rows = NAMES.map((name) => [name, inWords(found[name].bytes), inWords(found[name].timers)])
  return table(['variant', 'bytes per circuit', 'timers'], rows)
}

/** @param {Results['used']} used */
function memory({ found }) {
  const rows = Object.entries(found).map(([name, bytes]) => [name, inWords(bytes)])
  return table(['variant', 'bytes more per circuit'], rows)
}

/** @param {Results['failureCost']} found */
function failures(found) {
  const rows = NAMES.map((name) => {
    const { few, many, ratio } = found[name]
    return [name, few.toFixed(0), many.toFixed(0), withQuartiles(ratio)]
  })
  return table(['variant', 'µs after few', 'µs after many', 'ratio'], rows)
}

/** @param {Results['scrape']} scrape */
function scraped({ circuits, lines, milliseconds }) {
  return (
    `${inWords(circuits)} circuits that were used make ${inWords(lines)} lines for Prometheus, in ` +
    `${milliseconds.toFixed(1)} ms.`
  )
}

/** @param {ReturnType<typeof ratios>} ratio */
function withQuartiles({ low, median: middle, high }) {
  return `${middle.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
}
