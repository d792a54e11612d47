/** Makes a fresh clone ready: installs the dependencies where they are missing or out of date. */
import { execSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const modifiedAt = (file) =>
  statSync(`${root}/${file}`, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity

if (modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json')) {
  console.log('Installing the dependencies')
  execSync('npm ci --no-audit --no-fund', { cwd: root, stdio: 'inherit' })
}
