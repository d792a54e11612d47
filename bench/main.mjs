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

const PARTS = {
  closed: (extent) => inProcesses('closed', extent),
  concurrent: (extent) => inProcesses('concurrent', extent),
  server: (extent) => inProcesses('server', extent),
  refused: (extent) => inProcesses('refused', extent),
  refusing: (extent) => apart('part.mjs', 'refusing', JSON.stringify(extent)),
  idle,
  used,
  failureCost: (extent) => apart('part.mjs', 'failureCost', JSON.stringify(extent)),
  fleet: (extent) => apart('part.mjs', 'fleet', JSON.stringify(extent)),
  scrape: (extent) => apart('part.mjs', 'scrape', JSON.stringify(extent)),
}
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

const results = { about: about(), extent }
for (const [name, part] of Object.entries(PARTS)) {
  const start = performance.now()
  results[name] = await part(extent)
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
}
const markdown = `${report(results)}\n`
writeFileSync(values.out, markdown)
process.stdout.write(markdown)
