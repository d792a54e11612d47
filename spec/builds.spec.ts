/** The build contains nothing that the compilers of apps reject. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const dist = resolve(__dirname, '../dist')
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.js'),
)

it('has both formats', () => {
  expect(files).toEqual(expect.arrayContaining(['esm/index.js', 'cjs/index.js']))
})

it("has no static block, which React Native's preset for Babel does not accept", () => {
  const having = files.filter((file) =>
    /\bstatic\s*\{/.test(readFileSync(join(dist, file), 'utf8')),
  )
  expect(having).toEqual([])
})

it('imports nothing by name from axios, since a test suite may replace axios by anything', () => {
  const having = files.filter((file) =>
    /import\s+(?!\* as )[^;]*from 'axios'/.test(readFileSync(join(dist, file), 'utf8')),
  )
  expect(having).toEqual([])
})
