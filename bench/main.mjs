/**
 * Runs all parts and writes bench/RESULTS.md, or the file named by `--out`. ROUNDS, 1000 by default,
 * scales every part down.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { about } from './about.mjs'
import { closed, concurrent } from './closed.mjs'
import { failureCost } from './failure-cost.mjs'
import { idle } from './idle.mjs'
import { refused } from './refused.mjs'
import { report } from './report.mjs'
import { server } from './server.mjs'

const PARTS = { closed, concurrent, server, refused, idle, failureCost }
const ALL_ROUNDS = 1000

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('RESULTS.md', import.meta.url)) },
  },
})
const rounds = Number(process.env.ROUNDS ?? ALL_ROUNDS)
const share = Math.min(1, rounds / ALL_ROUNDS)
const extent = {
  rounds,
  circuits: Math.ceil(10_000 * share),
  successes: Math.ceil(100_000 * share),
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

// Some of the compared libraries hold the process for as long as their circuits are opened.
process.exit()
