/** The storage in docs/storages.md compiles, and passes the suite of the contract under node:test. */
import { join } from 'node:path'
import { LONGEST_PROOF } from '../lib/storage/limits.js'
import { storageContract } from '../lib/testing/index.js'
import { runNode } from '../scripts/run.mjs'
import { App, read, root, snippetsOf } from './support/document.js'

const PAGE = 'docs/storages.md'
const LONG = 120_000
const snippets = snippetsOf(PAGE)
const cases = storageContract({
  connect: () => {
    throw new Error('Nothing is run here')
  },
  setClock: () => undefined,
  forget: () => undefined,
  forces: true,
})

let app: App
beforeAll(() => {
  app = new App()
})
afterAll(() => app.remove())

it('is written in TypeScript, a file in each snippet', () => {
  expect(snippets.map(({ language }) => language)).toEqual(['ts', 'ts'])
})

it('compiles', async () => {
  const files = snippets.map(({ code }) => {
    const [, name = ''] = /^\/\/ (\S+)$/m.exec(code) ?? []
    return app.write(name, code)
  })
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck']
  const tsc = join(root, 'node_modules/@typescript/native/bin/tsc')
  const args = [tsc, ...options, '--types', 'node', ...files]
  const { output } = await runNode(args, { cwd: app.folder })
  expect(output).toBe('')
})

it(
  'passes every case of the suite',
  async () => {
    const env = { NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined }
    const args = ['--test', '--test-reporter=tap', 'table-storage.test.js']
    const { stdout } = await runNode(args, { cwd: app.folder, seconds: LONG / 2000, env })
    expect(stdout).toMatch(new RegExp(`^# pass ${cases.length}\n# fail 0$`, 'm'))
  },
  LONG,
)

it('says for how long a failure counts', () => {
  expect(read(PAGE)).toContain(`one \`ttl\`, and ${LONGEST_PROOF} s at most`)
})
