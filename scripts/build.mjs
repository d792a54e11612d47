/** Builds dist: one folder for each module format, so that each imports its own copy of axios. */
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = fileURLToPath(new URL('../node_modules/@typescript/native/bin/tsc', import.meta.url))

rmSync(`${root}/dist`, { recursive: true, force: true })
for (const format of ['esm', 'cjs']) {
  execFileSync(process.execPath, [tsc, '-p', `lib/tsconfig.${format}.json`, '--inlineSources'], {
    cwd: root,
    stdio: 'inherit',
  })
}
// npm makes it executable where it is installed. In a clone, npx does so only before the first build.
chmodSync(`${root}/dist/esm/cli/main.js`, 0o755)
writeFileSync(`${root}/dist/cjs/package.json`, '{"type":"commonjs"}\n')
