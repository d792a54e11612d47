/**
 * Prepares a fresh clone: installs the dependencies if they are missing or out of date, and
 * the programs named on the command line, as `program`, or as `program=package` if the Debian package
 * that contains it has another name. Outside CI it asks before it installs a program.
 */
import { execSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installMissing } from './install.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {string} file */
const modifiedAt = (file) =>
  statSync(`${root}/${file}`, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity

if (modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json')) {
  console.log('Installing the dependencies')
  // Some packages that only the benchmark uses require a newer Node than the library. Hide that warning.
  execSync('npm ci --no-audit --no-fund --loglevel=error', { cwd: root, stdio: 'inherit' })
}

const wanted = process.argv.slice(2).map((argument) => {
  const [program = '', debianPackage = program] = argument.split('=')
  return { program, debianPackage }
})

try {
  await installMissing(wanted)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
