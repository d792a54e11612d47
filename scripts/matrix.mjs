/**
 * Runs the wider matrix: axios, Redis and Valkey, Node, Bun, Deno, TypeScript, duplicate installs, a browser.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Checks } from './checks.mjs'
import { checkPage } from './check-page.mjs'
import {
  RESOLUTIONS,
  compileTypes,
  createConsumer,
  devDependencies,
  inTemporaryFolder,
  pack,
  root,
  tellStory,
} from './consumer.mjs'
import { run, runNode } from './run.mjs'
import { SERVER_NAMES, provideServer, specsFor } from './servers.mjs'

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} version
 * @property {string} npm its package
 * @property {readonly string[]} evaluate the command that runs the text of a script
 * @property {readonly string[]} run what comes before a file to run
 */

/** All versions but the one that `npm test` uses. */
const AXIOS_COPIES = ['axios-1.7', 'axios-1.13', 'axios-1.18']
/** Allowed for the fleet's specs on one server, on a busy machine. */
const SERVER_SECONDS = 600
const OLDER_TYPESCRIPT = 'npm:typescript@5.9'
const FORMATS = { ESM: 'esm.mjs', CommonJS: 'cjs.cjs' }

/** @type {readonly Runtime[]} */
const RUNTIMES = [
  ...['20.19', '22', '24', '26'].map((version) => ({
    name: `Node ${version}`,
    version,
    npm: `node@${version}`,
    evaluate: ['node', '-e'],
    run: [],
  })),
  { name: 'Bun', version: '1', npm: 'bun@1.4.5', evaluate: ['bun', '-e'], run: [] },
  {
    name: 'Deno',
    version: '2',
    npm: 'deno@2.9.5',
    evaluate: ['deno', 'eval'],
    run: ['run', '--allow-all'],
  },
]

/** Asks a runtime for its version and its path. */
const WHO = `const { versions: { bun, deno, node }, execPath } = process
console.log(JSON.stringify([bun ?? deno ?? node, execPath]))`

const checks = new Checks()

await inTemporaryFolder(async (folder) => {
  await checkAxiosVersions()
  await checkServers()
  const { tarball } = await pack(folder)
  await checkConsumers(folder, tarball)
})
checks.end()

async function checkAxiosVersions() {
  for (const copy of AXIOS_COPIES) {
    const { version } = JSON.parse(
      await readFile(join(root, 'node_modules', copy, 'package.json'), 'utf8'),
    )
    const specs = ['spec/axios', 'spec/plugins']
    await checks.check(`specs: axios ${version}`, () => runSpecs(specs, { AXIOS: copy }))
  }
}

/** SERVERS names some of the servers; default: all. The log names each by its own version string. */
async function checkServers() {
  const names = process.env.SERVERS?.match(/\S+/g) ?? SERVER_NAMES
  for (const name of names) {
    await checks.check(`specs: the fleet on ${name}`, async () => {
      const { path, version } = await provideServer(name)
      const passed = await runSpecs(specsFor(name), { REDIS_SERVER: path }, SERVER_SECONDS)
      return `${passed}; ${version}`
    })
  }
}

/**
 * @param {readonly string[]} specs
 * @param {NodeJS.ProcessEnv} env
 * @param {number} [seconds]
 */
async function runSpecs(specs, env, seconds) {
  const jest = join(root, 'node_modules/jest/bin/jest.js')
  const { output } = await runNode([jest, '--maxWorkers=2', ...specs], { cwd: root, env, seconds })
  const [, passed] = output.match(/^Tests: +(\d+) passed, \d+ total$/m) ?? []
  assert(Number(passed) > 0, output)
  return `${passed} specs`
}

/**
 * @param {string} folder
 * @param {string} tarball
 */
async function checkConsumers(folder, tarball) {
  const consumer = join(folder, 'consumer')
  const oldest = join(folder, 'oldest')
  await checks.check('consumer: the tarball installs, twice in one project', () =>
    createConsumer(consumer, {
      axios: devDependencies.axios,
      'axios-breaker': tarball,
      'axios-breaker-again': tarball,
      'typescript-5': OLDER_TYPESCRIPT,
    }),
  )
  await checks.check('consumer: the tarball installs beside the oldest axios', () =>
    createConsumer(oldest, { axios: devDependencies['axios-1.7'], 'axios-breaker': tarball }),
  )
  await checkFormats(oldest, 'with the oldest axios')
  await checkTypes(consumer, oldest)
  await checks.check('consumer: errors across formats and duplicate installs', async () => {
    const { stdout } = await runNode(['duplicates.mjs'], { cwd: consumer })
    return stdout
  })
  for (const runtime of RUNTIMES) await checkRuntime(consumer, runtime)
  await checks.check('consumer: a page in Chromium', () => checkPage(consumer))
}

/**
 * @param {string} consumer
 * @param {string} oldest
 */
async function checkTypes(consumer, oldest) {
  const tsc5 = join(consumer, 'node_modules/typescript-5/bin/tsc')
  for (const resolution of RESOLUTIONS) {
    const name = `consumer: TypeScript, ${resolution.name}`
    await checks.check(name, () => compileTypes(consumer, resolution))
    await checks.check(`${name}, TypeScript 5.9`, () => compileTypes(consumer, resolution, tsc5))
    await checks.check(`${name}, oldest axios`, () => compileTypes(oldest, resolution))
  }
}

/**
 * @param {string} consumer
 * @param {Runtime} runtime
 */
async function checkRuntime(consumer, runtime) {
  let path = ''
  await checks.check(`runtime: ${runtime.name}`, async () => {
    const [version, foundAt] = await install(runtime, consumer)
    path = foundAt
    return version
  })
  await checkFormats(consumer, `on ${runtime.name}`, () => [path, ...runtime.run])
}

/**
 * Installs the runtime with npm and runs it by its own path, because a process behind npx could not be ended.
 *
 * @param {Runtime} runtime
 * @param {string} cwd
 * @returns {Promise<[version: string, path: string]>}
 */
async function install({ npm, evaluate, version }, cwd) {
  const { stdout } = await run('npx', ['-y', '-p', npm, '--', ...evaluate, WHO], { cwd })
  const answer = JSON.parse(stdout)
  assert(answer[0].startsWith(`${version}.`), `npx brought ${stdout}`)
  return answer
}

/**
 * @param {string} consumer
 * @param {string} where
 * @param {() => readonly string[]} [command] default: this Node
 */
async function checkFormats(consumer, where, command) {
  for (const [format, file] of Object.entries(FORMATS)) {
    await checks.check(`consumer: ${format} ${where}`, () => tellStory(consumer, file, command?.()))
  }
}
