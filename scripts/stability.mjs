/**
 * Runs the specs that start processes many times, two suites at once, and prints which failed how often.
 * Usage: npm run specs:stability -- --times 30 [--at-once 2] [path of specs ...]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Running } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const JEST = join(root, 'node_modules/jest/bin/jest.js')

/** All specs except those of one process. */
const PROJECTS = ['fleet', 'rest', 'long']

const { values, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '30' },
    'at-once': { type: 'string', default: '2' },
  },
})
const times = Number(values.times)

/**
 * @typedef {object} Outcome
 * @property {string} spec
 * @property {string} message the first lines of it
 */

/** How often each spec failed, with its first message. */
const failures = new Map()
let done = 0
let failed = 0

/**
 * @param {string} file of jest's report
 * @returns {Promise<{ passed: number, outcomes: Outcome[] }>}
 */
async function readReport(file) {
  const report = JSON.parse(await readFile(file, 'utf8'))
  const outcomes = report.testResults.flatMap(({ name, message, assertionResults }) => {
    const path = name.slice(root.length)
    const broken = assertionResults.filter(({ status }) => status === 'failed')
    if (broken.length === 0 && message) return [{ spec: path, message }]
    return broken.map(({ fullName, failureMessages }) => ({
      spec: `${path}: ${fullName}`,
      message: failureMessages[0] ?? '',
    }))
  })
  return { passed: report.numPassedTests, outcomes }
}

/** @param {string} folder */
async function runOnce(folder) {
  const file = join(folder, `${process.hrtime.bigint()}.json`)
  const selection = paths.length > 0 ? paths : ['--selectProjects', ...PROJECTS]
  const args = [JEST, ...selection, '--maxWorkers=1', '--json', `--outputFile=${file}`]
  const running = new Running(process.execPath, args, { cwd: root })
  const { code, seconds } = await running.end()
  const { passed, outcomes } = await readReport(file).catch(() => ({
    passed: 0,
    outcomes: [{ spec: 'jest itself', message: running.output.slice(-2000) }],
  }))
  done += 1
  if (code !== 0) failed += 1
  for (const { spec, message } of outcomes) {
    const seen = failures.get(spec) ?? { count: 0, message }
    failures.set(spec, { ...seen, count: seen.count + 1 })
  }
  const verdict = code === 0 ? 'passed' : `${outcomes.length} FAILED`
  console.log(`run ${done} of ${times}: ${passed} passed, ${verdict}, ${seconds.toFixed(0)} s`)
}

function printTable() {
  if (failures.size === 0) return
  console.log('\n| failures | spec | first message |\n| -: | - | - |')
  const rows = [...failures].toSorted(([, one], [, other]) => other.count - one.count)
  for (const [spec, { count, message }] of rows) {
    const [first] = message.replaceAll('|', '/').trim().split('\n')
    console.log(`| ${count} of ${done} | ${spec} | ${first} |`)
  }
}

const folder = await mkdtemp(join(tmpdir(), 'axios-breaker-stability-'))
try {
  let left = times
  const lane = async () => {
    for (; left > 0; await runOnce(folder)) left -= 1
  }
  await Promise.all(Array.from({ length: Number(values['at-once']) }, lane))
} finally {
  await rm(folder, { recursive: true, force: true })
}
printTable()
console.log(`\n${done - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
