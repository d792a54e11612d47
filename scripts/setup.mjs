/**
 * Makes a fresh clone ready: installs the dependencies where they are missing or out of date, and
 * the programs named on the command line, as `program`, or `program=package` where the Debian package
 * that brings it has another name.
 */
import { execSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ensureProgram } from './programs.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const modifiedAt = (file) =>
  statSync(`${root}/${file}`, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity

if (modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json')) {
  console.log('Installing the dependencies')
  // Some, for the benchmark only, ask for a newer Node than the library: no reason to alarm anyone.
  execSync('npm ci --no-audit --no-fund --loglevel=error', { cwd: root, stdio: 'inherit' })
}

try {
  for (const wanted of process.argv.slice(2)) {
    const [program, debianPackage = program] = wanted.split('=')
    ensureProgram(program, debianPackage)
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
