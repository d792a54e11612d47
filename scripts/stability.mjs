/**
 * Runs the specs that start processes many times, two suites at once, and prints which failed how often. Each
 * run has its own order of specs, so the two suites rarely run the same spec at the same time.
 *
 * Usage: npm run specs:stability -- --times 30 [--at-once 2] [--workers 2] [--seed 1] [pattern of paths ...]
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import config from '../jest.config.js'
import { Running } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const JEST = join(root, 'node_modules/jest/bin/jest.js')
const SEQUENCER = join(root, 'scripts/shuffle-specs.mjs')
/** The specs of this project run in one process, unless they import one of the modules below. */
const ONE_PROCESS = 'unit'
const STARTS_PROCESSES =
  /'(?:[./]+scripts\/run\.mjs|[./]+support\/(?:child|collected)\.js|node:child_process)'/

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '30' },
    'at-once': { type: 'string', default: '2' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
  },
})
const times = Number(values.times)
const seed = Number(values.seed)
const patterns = positionals.map((pattern) => new RegExp(pattern))

/**
 * @typedef {object} Outcome
 * @property {string} spec
 * @property {string} message
 */

/**
 * How often each spec failed, with its first message.
 *
 * @type {Map<string, { count: number, message: string }>}
 */
const failures = new Map()
let begun = 0
let done = 0
let failed = 0

/** @returns the paths of all specs that start processes, and match a pattern on the command line, if there are any */
async function findSpecs() {
  const unit = config.projects.find(({ displayName }) => displayName === ONE_PROCESS)
  const files = await readdir(join(root, 'spec'), { recursive: true })
  const specs = files.filter((file) => file.endsWith('.spec.ts')).map((file) => `spec/${file}`)
  const chosen = await Promise.all(
    specs.map(async (spec) => {
      if (patterns.length > 0 && !patterns.some((pattern) => pattern.test(spec))) return false
      const isUnit = unit?.testRegex.some((regex) => new RegExp(regex).test(`/${spec}`))
      return !isUnit || STARTS_PROCESSES.test(await readFile(join(root, spec), 'utf8'))
    }),
  )
  return specs.filter((_, index) => chosen[index])
}

/**
 * @param {string} file of jest's report
 * @returns {Promise<{ passed: number, outcomes: Outcome[] }>}
 */
async function readReport(file) {
  const report = JSON.parse(await readFile(file, 'utf8'))
  /** @type {{ name: string, message: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[]} */
  const results = report.testResults
  const outcomes = results.flatMap(({ name, message, assertionResults }) => {
    const path = relative(root, name)
    const broken = assertionResults.filter(({ status }) => status === 'failed')
    if (broken.length === 0 && message) return [{ spec: path, message }]
    return broken.map(({ fullName, failureMessages }) => ({
      spec: `${path}: ${fullName}`,
      message: failureMessages[0] ?? '',
    }))
  })
  return { passed: report.numPassedTests, outcomes }
}

/**
 * @param {readonly string[]} specs
 * @param {string} folder
 */
async function runOnce(specs, folder) {
  begun += 1
  const order = seed + begun
  const file = join(folder, `${order}.json`)
  const options = [`--maxWorkers=${values.workers}`, `--seed=${order}`, '--showSeed']
  const reporting = [`--testSequencer=${SEQUENCER}`, '--json', `--outputFile=${file}`]
  const args = [JEST, ...options, ...reporting, '--runTestsByPath', ...specs]
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
  const figures = `${passed} passed, ${verdict}, ${seconds.toFixed(0)} s`
  console.log(`run ${done} of ${times}, with the seed ${order}: ${figures}`)
  for (const { spec, message } of outcomes) console.log(`${spec}\n${message}\n`)
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

const specs = await findSpecs()
// Without a path, jest would run all specs there are.
if (specs.length === 0) throw new Error('No spec matches')
const command = ['npm run specs:stability --', `--times ${times}`, `--at-once ${values['at-once']}`]
  .concat([`--workers ${values.workers}`, `--seed ${seed}`], positionals)
  .join(' ')
console.log(`${command}\n${specs.length} specs, ${times} times`)
const folder = await mkdtemp(join(tmpdir(), 'axios-breaker-stability-'))
const start = performance.now()
try {
  const lane = async () => {
    while (begun < times) await runOnce(specs, folder)
  }
  await Promise.all(Array.from({ length: Number(values['at-once']) }, lane))
} finally {
  await rm(folder, { recursive: true, force: true })
}
printTable()
const minutes = ((performance.now() - start) / 60_000).toFixed(0)
console.log(`\n${command}\n${specs.length} specs, ${times} times, ${minutes} minutes`)
console.log(`${done - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
