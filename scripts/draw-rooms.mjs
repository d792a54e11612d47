/**
 * Draws the rooms of lib, and which room imports which, into docs/architecture.md. With `--check` it
 * writes nothing, and fails if the picture there is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cruise } from 'dependency-cruiser'

const root = join(import.meta.dirname, '..')
const page = join(root, 'docs/architecture.md')
const [BEGIN, END] = ['<!-- rooms: drawn by npm run rooms:draw -->', '<!-- end of rooms -->']
/** Every room may import it, so its arrows would hide the others. */
const LEFT_OUT = 'internal'

/** @param {string} path */
function roomOf(path) {
  const [, first = '', second = ''] = path.split('/')
  if (first.endsWith('.ts')) return 'index'
  return first === 'metrics' && !second.endsWith('.ts') ? `${first}/${second}` : first
}

async function arrows() {
  const { output } = await cruise(['lib'], {
    baseDir: root,
    includeOnly: '^lib/',
    tsPreCompilationDeps: true,
  })
  if (typeof output === 'string') throw new Error(`Unexpected output: ${output}`)
  const found = output.modules.flatMap(({ source, dependencies }) =>
    dependencies.map(({ resolved }) => [roomOf(source), roomOf(resolved)]),
  )
  const between = found.filter((rooms) => rooms[0] !== rooms[1] && !rooms.includes(LEFT_OUT))
  return [...new Set(between.map(([from, to]) => `    ${from} --> ${to}`))].toSorted()
}

const picture = ['', '```mermaid', 'flowchart LR', ...(await arrows()), '```', ''].join('\n')
const text = readFileSync(page, 'utf8')
const [before, rest = ''] = text.split(BEGIN)
const [, after] = rest.split(END)
if (after === undefined) throw new Error(`${page} has no place for the picture`)
const drawn = `${before}${BEGIN}\n${picture}\n${END}${after}`

if (!process.argv.includes('--check')) writeFileSync(page, drawn)
else if (drawn !== text) {
  console.error('The picture of the rooms is out of date: run npm run rooms:draw')
  process.exitCode = 1
}
