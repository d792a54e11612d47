/** The logging examples run, log what happens, and show nothing of the requests. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runNode } from '../scripts/run.mjs'

const root = resolve(__dirname, '..')
const SHORT = 20_000

beforeAll(() => {
  if (!existsSync(join(root, 'dist/esm/index.js'))) {
    throw new Error('The examples need dist: run `npm run build` first')
  }
})

async function run(example: string, env: NodeJS.ProcessEnv = {}) {
  const file = join('examples/logging', example)
  const { stdout, stderr, output } = await runNode([file], {
    cwd: root,
    env,
    seconds: SHORT / 1000,
  })
  return { stdout, stderr, lines: output.split('\n') }
}

const STORY = [
  'created',
  'attempted',
  'failed',
  'attempted',
  'failed',
  'stateChanged',
  'attempted',
  'rejected',
  'stateChanged',
  'recovered',
  'stateChanged',
  'attempted',
  'forced',
  'rejected',
  'forced',
  'detached',
]

/** The requests carry these secrets: the service of the examples checks it. */
const FORBIDDEN = /secret|c2VjcmV0|password|authorization|basic|cookie|http:|127\.0\.0\.1|naruto/i

it(
  'pino has a line for each event, and nothing of the requests',
  async () => {
    const { stdout, stderr, lines } = await run('pino.mjs')
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(logged.map(({ event }) => event)).toEqual(STORY)
    expect(logged.find(({ event }) => event === 'stateChanged')).toMatchObject({
      level: 40,
      circuit: 'users',
      from: 'closed',
      to: 'opened',
      origin: 'local',
      msg: 'circuit breaker: stateChanged',
    })
    expect(logged.find(({ event }) => event === 'forced')).toMatchObject({
      level: 40,
      circuit: 'users',
      forced: { state: 'opened', by: 'ann', reason: 'maintenance', endsIn: expect.closeTo(60, 0) },
    })
    expect(stdout).not.toMatch(FORBIDDEN)
    expect(stderr).toBe('')
  },
  SHORT,
)

it(
  'debug has a namespace for each event, and nothing of the requests',
  async () => {
    const all = await run('debug.mjs', { DEBUG: 'axios-breaker:*', DEBUG_COLORS: 'no' })
    const events = all.lines.map((line) => /axios-breaker:(\w+) /.exec(line)?.[1])
    expect(events).toEqual(STORY)
    expect(all.stderr).not.toMatch(FORBIDDEN)
    expect(all.stdout).toBe('')
    const one = await run('debug.mjs', { DEBUG: 'axios-breaker:rejected', DEBUG_COLORS: 'no' })
    expect(one.lines).toEqual([
      expect.stringMatching(/axios-breaker:rejected .*state: 'opened'/),
      expect.stringMatching(/axios-breaker:rejected .*by: 'ann'/),
    ])
    expect((await run('debug.mjs', { DEBUG: '' })).lines).toEqual([''])
  },
  SHORT,
)
