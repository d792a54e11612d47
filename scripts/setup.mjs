/**
 * Makes a fresh clone ready: installs the dependencies where they are missing or out of date, and
 * the programs named on the command line, as `program`, or as `program=package` if the Debian package
 * that brings it has another name. It asks before it installs a program, but not in CI.
 */
import { execSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installMissing } from './install.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const modifiedAt = (file) =>
  statSync(`${root}/${file}`, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity

if (modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json')) {
  console.log('Installing the dependencies')
  // Some, for the benchmark only, ask for a newer Node than the library: no reason to alarm anyone.
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
