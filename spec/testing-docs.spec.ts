/** The tests in docs/testing.md pass, each under the runner that it is written for. */
import { join } from 'node:path'
import { runNode } from '../scripts/run.mjs'
import { App, root, snippetsOf, type Snippet } from './support/document.js'

const LONG = 120_000
const snippets = snippetsOf('docs/testing.md').filter(({ language }) => language === 'js')
const program = (path: string): string => join(root, 'node_modules', path)

interface Runner {
  readonly type: 'module' | 'commonjs'
  readonly args: (file: string, folder: string) => readonly string[]
  readonly passed: RegExp
}

const RUNNERS: Record<string, Runner> = {
  jest: {
    type: 'commonjs',
    args: (file, folder) => [program('jest/bin/jest.js'), '--rootDir', folder, file],
    passed: /Tests:\s+1 passed, 1 total/,
  },
  vitest: {
    type: 'module',
    args: (file, folder) => [program('vitest/vitest.mjs'), 'run', '--root', folder, file],
    passed: /Tests\s+1 passed \(1\)/,
  },
  node: {
    type: 'module',
    args: (file) => ['--test', file],
    passed: /^# pass 1\n# fail 0$/m,
  },
}

function runnerOf({ code }: Snippet): Runner {
  const name = code.includes("'vitest'") ? 'vitest' : code.includes('require(') ? 'jest' : 'node'
  return RUNNERS[name] as Runner
}

it('has a test for each of the runners and the mocking libraries', () => {
  const headings = snippets.map(({ heading }) => heading)
  expect(headings).toEqual(['A clock that you move', 'Jest', 'Jest', 'Vitest', 'nock', 'msw'])
})

it.each(snippets.map((snippet, index) => [snippet.heading, index, snippet] as const))(
  'passes under %s (snippet %i)',
  async (_heading, index, snippet) => {
    const { type, args, passed } = runnerOf(snippet)
    const app = new App(type)
    const file = app.write(`snippet-${index}.test.js`, snippet.code)
    const env = { NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined }
    const options = { cwd: app.folder, seconds: LONG / 2000, env }
    try {
      const { output } = await runNode([...args(file, app.folder)], options)
      expect(output).toMatch(passed)
    } finally {
      app.remove()
    }
  },
  LONG,
)
