/** Installs missing programs with apt-get: in CI at once, on a developer's machine only if they agree. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { findProgram, howToGet, variableOf } from './programs.mjs'

/** @typedef {import('./programs.mjs').Wanted} Wanted */

/**
 * Asks in a terminal. Without one, and outside CI, it installs nothing.
 *
 * @param {readonly Wanted[]} wanted
 * @throws {Error} if a program is missing and was not installed: says how to get it
 */
export async function installMissing(wanted) {
  const missing = wanted.filter(({ program }) => !findProgram(program))
  if (missing.length === 0) return
  // If a user has set a wrong path, only the user can correct it.
  const isOurs = missing.every(({ program }) => !process.env[variableOf(program)])
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))]
  if (isOurs && findProgram('apt-get') && (await mayInstall(packages))) install(packages)
  const still = missing.filter(({ program }) => !findProgram(program))
  if (still.length > 0) throw new Error(howToGet(still))
}

/** @param {readonly string[]} packages */
async function mayInstall(packages) {
  if (isInCI()) return true
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const question = `Install ${packages.join(', ')} on this machine, with apt-get as root? [y/N] `
  return /^y(?:es)?$/i.test((await ask(question)).trim())
}

/** `CI=false` and `CI=0` are how people say that this is not CI. */
function isInCI() {
  return !/^(?:0|false)?$/i.test(process.env.CI?.trim() ?? '')
}

/**
 * @param {string} question
 * @returns {Promise<string>} nothing if the input ends
 */
async function ask(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => terminal.once('close', () => resolve('')))
  try {
    return await Promise.race([terminal.question(question), ended])
  } finally {
    terminal.close()
  }
}

/** @param {readonly string[]} packages */
function install(packages) {
  console.log(`Installing ${packages.join(', ')}`)
  aptGet('update', '-qq')
  aptGet('install', '-y', '-qq', '--no-install-recommends', ...packages)
  // Debian starts a server when its package is installed, and at each boot. We need neither.
  const services = packages.filter((name) => existsSync(`/lib/systemd/system/${name}.service`))
  if (services.length > 0 && existsSync('/run/systemd/system')) {
    asRoot('systemctl', 'disable', '--now', ...services)
  }
}

/** @param {string[]} args */
function aptGet(...args) {
  const options = ['-o', 'DPkg::Lock::Timeout=300']
  asRoot('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...options, ...args)
}

/** @param {string[]} command */
function asRoot(...command) {
  const isRoot = process.getuid?.() === 0
  const [program = '', ...args] = isRoot || !findProgram('sudo') ? command : ['sudo', ...command]
  // Sudo may ask for a password.
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  if (status !== 0) console.error(`${command.join(' ')}\n${stdout}${stderr}`)
}
