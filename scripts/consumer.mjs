/** Makes projects that install the packed library as its users do, and runs code in them. */
import assert from 'node:assert/strict'
import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, runNode } from './run.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))
/** @type {{ devDependencies: Record<string, string> }} */
export const { devDependencies } = createRequire(import.meta.url)('../package.json')

const FIXTURES = join(root, 'spec/consumers')
const TSC = join(root, 'node_modules/@typescript/native/bin/tsc')

const STORY =
  'closed, opened, half-opened, closed; 4 requests reached the server; shared: opened; true'

/** @typedef {{ name: string, module: string, files: readonly string[] }} Resolution */

/**
 * The module resolutions of a consumer's compiler, each with the kinds of file that it supports.
 *
 * @type {readonly Resolution[]}
 */
export const RESOLUTIONS = [
  { name: 'node16', module: 'node16', files: ['app.mts', 'app.cts'] },
  { name: 'nodenext', module: 'nodenext', files: ['app.mts', 'app.cts'] },
  { name: 'bundler', module: 'esnext', files: ['app.ts'] },
]

/**
 * Calls the job with a new folder, outside of this project, and removes it afterwards.
 *
 * @template T
 * @param {(folder: string) => Promise<T>} job
 */
export async function inTemporaryFolder(job) {
  const folder = await mkdtemp(join(tmpdir(), 'axios-breaker-'))
  try {
    return await job(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} folder
 * @returns the tarball's path and the paths of the files in it
 */
export async function pack(folder) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { cwd: root })
  /** @type {[{ filename: string, files: { path: string }[] }]} */
  const [{ filename, files }] = JSON.parse(stdout)
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) }
}

/**
 * Installs the dependencies in a new project with the fixtures, one of which its compiler checks.
 *
 * @param {string} folder
 * @param {Record<string, string | undefined>} dependencies
 */
export async function createConsumer(folder, dependencies, types = 'types.ts') {
  await mkdir(folder)
  await cp(FIXTURES, folder, { recursive: true })
  for (const file of ['app.mts', 'app.cts', 'app.ts']) {
    await copyFile(join(FIXTURES, types), join(folder, file))
  }
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder })
}

/**
 * Runs the quick start in one format.
 *
 * @param {string} consumer
 * @param {string} file esm.mjs or cjs.cjs
 * @param {readonly string[]} [command]
 */
export async function tellStory(consumer, file, [program, ...args] = [process.execPath]) {
  assert(program, 'There is nothing to run it')
  const { stdout } = await run(program, [...args, file], { cwd: consumer })
  assert.equal(stdout, STORY)
}

/**
 * Runs the command line as users do. They have not installed the package redis, so it asks them to.
 *
 * @param {string} consumer
 */
export async function runCommandLine(consumer) {
  const { version } = createRequire(import.meta.url)('../package.json')
  /** @param {string[]} args */
  const npx = (...args) => run('npx', ['axios-breaker', ...args], { cwd: consumer })
  const { stdout } = await npx('--version')
  assert.equal(stdout, version)
  await assert.rejects(
    npx('list', '--url', 'redis://127.0.0.1'),
    /npm install redis.*ended with 1/s,
  )
}

/**
 * Runs the metrics in one format.
 *
 * @param {string} consumer
 * @param {string} file monitoring.mjs or monitoring.cjs
 */
export async function watchStates(consumer, file) {
  const { stdout } = await runNode([file], { cwd: consumer })
  assert.equal(stdout, '0, 2, none')
}

/**
 * @param {string} consumer
 * @param {Resolution} resolution
 */
export async function compileTypes(consumer, { name, module, files }, tsc = TSC) {
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', module]
  const args = [...options, '--moduleResolution', name, ...files]
  await runNode([tsc, ...args], { cwd: consumer })
}
