/**
 * Runs scripts of package.json beside each other: shows what the first prints at once, and what each other
 * printed after that. Fails if one of them fails.
 *
 * Usage: node scripts/beside.mjs specs package
 */
import { Running } from './run.mjs'

const names = process.argv.slice(2)
const env = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
const all = names.map((name, index) => {
  const onOutput = index === 0 ? show : undefined
  return new Running('npm', ['run', '--silent', name], { env, onOutput })
})

/** @param {string} text */
function show(text) {
  process.stdout.write(text)
}

for (const [index, running] of all.entries()) {
  const { code } = await running.end()
  if (index > 0) show(running.output)
  if (code !== 0) {
    show(`npm run ${names[index]} failed\n`)
    process.exitCode = 1
  }
}
