/** Programs that are no npm packages: finds them, and installs them where a Debian is at hand. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a variable like CHROMIUM or REDIS_SERVER says, else on the PATH; undefined if nowhere. */
export function findProgram(program) {
  const given = process.env[variableOf(program)]
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const places = given ? [given] : folders.map((folder) => join(folder, program))
  return places.find(isExecutable)
}

/**
 * @param {string} program
 * @param {string} debianPackage which brings the program
 * @returns {string} the path of the program
 */
export function ensureProgram(program, debianPackage) {
  if (!findProgram(program) && !process.env[variableOf(program)]) install(debianPackage)
  const path = findProgram(program)
  if (path) return path
  throw new Error(
    `${program} is missing: install it (Debian and Ubuntu: apt-get install ${debianPackage}), ` +
      `or set ${variableOf(program)} to its path`,
  )
}

function install(debianPackage) {
  if (!findProgram('apt-get')) return
  console.log(`Installing ${debianPackage}`)
  aptGet('update', '-qq')
  aptGet('install', '-y', '-qq', '--no-install-recommends', debianPackage)
  // Debian starts a server with the package that brings it, and again with the machine: none was asked for.
  if (existsSync('/run/systemd/system')) asRoot('systemctl', 'disable', '--now', debianPackage)
}

function aptGet(...args) {
  asRoot(
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=300',
    ...args,
  )
}

function asRoot(...command) {
  if (process.getuid?.() !== 0 && findProgram('sudo')) command.unshift('sudo')
  const [program, ...rest] = command
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' })
  if (status !== 0) console.error(`${command.join(' ')}\n${stdout}${stderr}`)
}

function variableOf(program) {
  return program.toUpperCase().replaceAll('-', '_')
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
