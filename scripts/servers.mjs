/** Provides the servers that the fleet's specs run against, without installing them. */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unpackPackage } from './apt-packages.mjs'
import { findProgram } from './programs.mjs'
import { run } from './run.mjs'
import { writeWrapper } from './server-wrapper.mjs'

const CACHE = fileURLToPath(new URL('../node_modules/.cache/servers', import.meta.url))

/**
 * @typedef {object} Server
 * @property {string} suite the Debian release that has it
 * @property {string} program
 * @property {RegExp} version the beginning of its `--version`
 */

/** @type {Readonly<Record<string, Server>>} */
const SERVERS = {
  'redis-6': { suite: 'bullseye', program: 'redis-server', version: /^Redis server v=6\./ },
  'redis-7': { suite: 'bookworm', program: 'redis-server', version: /^Redis server v=7\./ },
  'redis-8': { suite: 'trixie', program: 'redis-server', version: /^Redis server v=8\./ },
  'valkey-8': { suite: 'trixie', program: 'valkey-server', version: /^Valkey server v=8\./ },
}

export const SERVER_NAMES = Object.keys(SERVERS)

/** The specs that prove the promises to a fleet on one server. Clusters and sentinels have their own. */
const SPECS = [
  ...['alike', 'contract', 'same-forces'].map((name) => `spec/storage/${name}`),
  ...['forces', 'leases', 'messages', 'quorum'].map((name) => `spec/fleet/${name}`),
  ...['concurrent', 'lost-answers'].map((name) => `spec/fleet/in-process/${name}`),
  ...['forces', 'formats', 'full', 'init', 'messages', 'names', 'permissions', 'script'].map(
    (name) => `spec/redis/${name}`,
  ),
]

/** These allow and forbid channels, which Redis supports since 6.2. */
const ABOUT_CHANNELS = new Set(['spec/redis/forces', 'spec/redis/init', 'spec/redis/permissions'])

/**
 * @param {string} name
 * @returns {string[]} the spec files that can be run on a server
 */
export function specsFor(name) {
  return name === 'redis-6' ? SPECS.filter((spec) => !ABOUT_CHANNELS.has(spec)) : SPECS
}

/**
 * REDIS_6_SERVER for redis-6. If the variable names the server, nothing is fetched.
 *
 * @param {string} name
 */
export const variableOf = (name) => `${name.toUpperCase().replaceAll('-', '_')}_SERVER`

/**
 * Gives the server that its variable names, or the installed one if it has this version. Otherwise it
 * fetches one with apt, once.
 *
 * @param {string} name one of SERVER_NAMES
 * @returns {Promise<{ path: string, version: string }>} for REDIS_SERVER, and what it says it is
 */
export async function provideServer(name) {
  const server = SERVERS[name]
  if (!server) throw new Error(`Unknown server ${name}. Use one of ${SERVER_NAMES.join(', ')}.`)
  const given = process.env[variableOf(name)]
  if (given) return checked(name, given)
  const installed = findProgram(server.program)
  if (installed && server.version.test(await versionOf(installed))) return checked(name, installed)
  return checked(name, await fetchServer(name, server))
}

/**
 * @param {string} name
 * @param {Server} server
 */
async function fetchServer(name, { suite, program }) {
  const folder = join(CACHE, name)
  const done = join(folder, 'complete')
  const path = join(folder, program)
  if (existsSync(done)) return path
  const apt = join(CACHE, `${name}-apt`)
  await Promise.all([folder, apt].map((old) => rm(old, { recursive: true, force: true })))
  try {
    await mkdir(apt, { recursive: true })
    await unpackPackage({ suite, name: program }, apt, join(folder, 'root'))
    await writeWrapper(join(folder, 'root'), program, path)
    await writeFile(done, '')
    return path
  } catch (error) {
    const reason = `${program} of Debian's ${suite} cannot be had: ${error.message}`
    const remedy = `Set ${variableOf(name)} to the path of a ${name}.`
    throw new Error(`${reason}\n${remedy}`, { cause: error })
  } finally {
    await rm(apt, { recursive: true, force: true })
  }
}

/**
 * @param {string} name
 * @param {string} path
 */
async function checked(name, path) {
  const version = await versionOf(path).catch((error) => error.message)
  if (SERVERS[name].version.test(version)) return { path, version }
  throw new Error(`${path} is not ${name}: ${version}\nSet ${variableOf(name)} to the path of one.`)
}

/** @param {string} path */
const versionOf = async (path) => (await run(path, ['--version'])).stdout

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) {
    const { path, version } = await provideServer(name)
    console.log(`${path}\n${version}`)
  }
}
