/**
 * A long random run of real processes, with faults of every kind, judged by its logs alone.
 *
 * SEED, SECONDS (120), QUORUM (1) and PROCESSES (6) from the environment. KEEP=1 keeps the logs.
 */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChaosRun } from './run.mjs'
import { journalOf } from './journal.mjs'
import { judge } from './judge.mjs'
import { figuresOf } from './figures.mjs'

/** @import { DriverRecord, WorkerRecord } from './types.js' */

/**
 * @param {string} name
 * @param {number} preset
 */
const number = (name, preset) => Number(process.env[name] ?? preset)
const settings = {
  seed: number('SEED', Math.floor(Math.random() * 1e6)),
  seconds: number('SECONDS', 120),
  quorum: number('QUORUM', 1),
  processes: number('PROCESSES', 6),
}
const SHOWN = 25

/** @param {string} name */
async function readLog(name) {
  const text = await readFile(join(folder, `${name}.jsonl`), 'utf8')
  // A process that was killed may have left half a line.
  return text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []))
}

/** @returns the names of the processes that have a log */
async function loggedNames() {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.jsonl'))
  return files.map((file) => file.replace('.jsonl', '')).filter((name) => name !== 'driver')
}

const folder = await mkdtemp(join(tmpdir(), 'axios-breaker-chaos-'))
console.log(
  `SEED=${settings.seed} SECONDS=${settings.seconds} QUORUM=${settings.quorum} PROCESSES=${settings.processes}`,
)
const run = new ChaosRun(settings, folder)
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void run.stop().finally(() => process.exit(130)))
}
try {
  await run.play()
} finally {
  await run.stop()
}

/** @type {DriverRecord[]} */
const driver = await readLog('driver')
/** @type {Record<string, WorkerRecord[]>} */
const workers = {}
for (const name of await loggedNames()) workers[name] = await readLog(name)
const journal = journalOf(driver, workers)
const verdicts = judge(journal)
const violations = verdicts.flatMap((verdict) => verdict.violations)
console.log('')
for (const { rule, at, process: name, text } of violations.slice(0, SHOWN)) {
  console.log(`VIOLATION ${rule} at ${(at - journal.startedAt).toFixed(3)} s, ${name}: ${text}`)
}
if (violations.length > SHOWN) console.log(`... and ${violations.length - SHOWN} more`)
console.log(`${violations.length} violations`)
console.log(figuresOf(journal))
for (const { title, checked, hasPassed } of verdicts) {
  console.log(`${hasPassed ? '✓' : '✗'} ${title} (${checked} checked)`)
}
const failed = verdicts.filter(({ hasPassed }) => !hasPassed).length
console.log(`${verdicts.length - failed} passed, ${failed} failed`)
if (process.env.KEEP || failed > 0) console.log(`Logs: ${folder}`)
else await rm(folder, { recursive: true, force: true })
process.exitCode = failed > 0 ? 1 : 0
