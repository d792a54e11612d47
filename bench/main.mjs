/**
 * Runs all parts and writes bench/RESULTS.md, or the file named by `--out`. ROUNDS, 3000 by default,
 * scales every part down.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { about } from './about.mjs'
import { apart, inProcesses } from './apart.mjs'
import { idle } from './idle.mjs'
import { report } from './report.mjs'
import { used } from './used.mjs'

/** @import { Parts } from './part.mjs' */

/** @typedef {typeof extent} Extent */
/** @typedef {typeof results} Results */

const ALL_ROUNDS = 3000

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('RESULTS.md', import.meta.url)) },
  },
})
const rounds = Number(process.env.ROUNDS ?? ALL_ROUNDS)
const share = Math.min(1, rounds / ALL_ROUNDS)
const extent = {
  rounds,
  warmUp: Math.ceil(Math.max(40_000 * share, 500)),
  circuits: Math.ceil(10_000 * share),
  successes: Math.ceil(100_000 * share),
  fleet: {
    processes: Math.ceil(Math.max(8 * share, 3)),
    requests: Math.ceil(Math.max(250 * share, 10)),
    transitions: Math.ceil(Math.max(120 * share, 4)),
    rounds: Math.ceil(Math.max(8 * share, 1)),
    // In seconds. Even a scaled-down run needs a few, or nothing would happen.
    seconds: Math.max(5 * share, 1),
    freeze: Math.max(2 * share, 1),
  },
}

const results = {
  about: about(),
  extent,
  closed: await timed('closed', spread),
  concurrent: await timed('concurrent', spread),
  server: await timed('server', spread),
  refused: await timed('refused', spread),
  refusing: await timed('refusing', alone),
  idle: await timed('idle', () => idle(extent)),
  used: await timed('used', () => used(extent)),
  failureCost: await timed('failureCost', alone),
  fleet: await timed('fleet', alone),
  scrape: await timed('scrape', alone),
}
const markdown = `${report(results)}\n`
writeFileSync(values.out, markdown)
process.stdout.write(markdown)

/**
 * Runs a part over several processes.
 *
 * @param {keyof Parts} name
 */
function spread(name) {
  return inProcesses(name, extent)
}

/**
 * Runs a part in one process of its own.
 *
 * @template {keyof Parts} Name
 * @param {Name} name
 * @returns {Promise<Awaited<ReturnType<Parts[Name]>>>}
 */
function alone(name) {
  return apart('part.mjs', name, JSON.stringify(extent))
}

/**
 * Says how long a part took.
 *
 * @template {string} Name
 * @template Result
 * @param {Name} name
 * @param {(name: Name) => Promise<Result>} part
 */
async function timed(name, part) {
  const start = performance.now()
  const result = await part(name)
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return result
}
