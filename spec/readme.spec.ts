/** What the README and the pages say is true: their programs run, and their tables agree with the code. */
import { inspect } from 'node:util'
import axios from 'axios'
import {
  LONGEST_PERMIT,
  LONGEST_PROOF,
  MOST_REPORTED,
  PERMIT_OF_OTHERS,
} from '../lib/storage/limits.js'
import { MOST_PENDING } from '../lib/axios/fallback.js'
import { MOST_PER_TURN, MOST_WAITING } from '../lib/breaker/delivery.js'
import { CircuitBreaker, type CircuitOptions, type EventName } from '../lib/index.js'
import { resolveSharing } from '../lib/fleet/sharing.js'
import { PASSWORD, RULE, USER } from './support/acl.js'
import { read, root, snippetsOf, tableBelow, type Row } from './support/document.js'
import { runNode, runScript } from '../scripts/run.mjs'
import { Upstream } from './support/upstream.js'

const readme = read('README.md')
const MOST_LINES = 220

const codeIn = (language: string): string[] =>
  snippetsOf('README.md').flatMap((it) => (it.language === language ? [it.code] : []))

it('is short enough to be read', () => {
  expect(readme.split('\n').length).toBeLessThanOrEqual(MOST_LINES)
})

it.each(['npm run demo', 'npm test'])('says that `%s` needs a clone', (command) => {
  expect(readme).toContain(`\`${command}\``)
})

describe('code', () => {
  it('in CommonJS runs', async () => {
    const [, code = ''] = /`(const .* = require\('axios-breaker'\))`/.exec(readme) ?? []
    const script = `${code}; console.log(new CircuitBreaker().circuits, new OpenedStateError('a', { state: 'opened', retryAfter: 1 }) instanceof Error)`
    const { stdout } = await runNode(['--eval', script], { cwd: root })
    expect(stdout).toBe('[] true')
  })

  it('at the top runs, and prints what is said below it', async () => {
    const upstream = await Upstream.start()
    const [first = ''] = codeIn('ts')
    const failures =
      'for (let i = 0; i < 5; i += 1) await users.get("/status/500").catch(() => 0)\n'
    const script = first
      .replace('http://users.internal', upstream.origin)
      .replace('try {', `${failures}try {`)
    const output = await runScript(script, { cwd: root })
    await upstream.stop()
    expect(first.slice(first.indexOf('try {'))).toContain('OpenedStateError')
    expect(shapeOf(output)).toBe(shapeOf((codeIn('text')[0] ?? '').trim()))
  }, 20_000)
})

/** The digits of a time differ from run to run. */
function shapeOf(output: string): string {
  return output.replace(/\d+(\.\d+)?/g, 'N')
}

describe('the table', () => {
  const code = (cell = ''): string => cell.replaceAll('`', '')
  const defaultsIn = (rows: readonly Row[]): Record<string, string> =>
    Object.fromEntries(rows.map((row) => [code(row.name), code(row.default)]))

  it('of the options lists each one with its default', () => {
    const named = defaultsIn(tableBelow('README.md', '## Options'))
    const defaults = Object.entries(DEFAULTS).map(([name, value]) => [name, inspect(value)])
    expect(named).toEqual({ ...Object.fromEntries(defaults), outcome: '', fallback: '' })
  })

  it("of RedisStorage's options lists each one with its default", () => {
    const named = defaultsIn(tableBelow('docs/sharing.md', 'Options of `new RedisStorage('))
    const sharing = Object.entries(resolveSharing({}, 'the process')).map(([name, value]) => [
      name,
      String(value),
    ])
    const own = { url: '', client: '', prefix: 'axios-breaker' }
    expect(named).toEqual({ ...Object.fromEntries(sharing), ...own })
  })

  it('of the events lists each one', () => {
    const known = messageOf(() => new CircuitBreaker().on('no event' as EventName, () => undefined))
    const [, list = ''] = /expected one of (.*), given/.exec(known) ?? []
    const named = tableBelow('README.md', '## Events').map(({ event }) => code(event))
    expect(named.toSorted((a, b) => a.localeCompare(b))).toEqual(list.split(', '))
  })

  it('of the errors lists each one that is exported', () => {
    const exported = read('lib/index.ts').match(/\w+Error\b/g)
    const named = tableBelow('README.md', '## Errors').map((row) => code(row.class))
    expect(new Set(named)).toEqual(new Set(exported))
  })

  it('of the limits of a shared circuit has the true figures', () => {
    const rows = tableBelow('docs/protocol.md', 'Limits, in `limits.ts`')
    const written = (limit: string): string => rows.find((row) => row.limit === limit)?.value ?? ''
    expect(written('a streak counts for')).toContain(`${LONGEST_PROOF} s`)
    expect(written('streaks kept for a circuit')).toBe(String(MOST_REPORTED))
    expect(written('a permit that is not renewed ends after')).toBe(
      `${PERMIT_OF_OTHERS} s, or ${LONGEST_PERMIT} leases if that is longer, at most`,
    )
  })
})

it('shows a ConfigError as it is', () => {
  const message = messageOf(() =>
    new CircuitBreaker().attach(axios.create(), 'users', { probeTimeout: -1 }),
  )
  expect(codeIn('text').map((block) => block.trim())).toContain(message)
})

it('says how many events are delivered at once and may wait, and how many fallbacks may be pending', () => {
  expect(readme).toContain(`Up to ${MOST_PER_TURN.toLocaleString('en')} events`)
  expect(readme).toContain(`more than ${MOST_WAITING.toLocaleString('en')} wait`)
  expect(readme).toContain(`until ${MOST_PENDING.toLocaleString('en')} calls are pending`)
})

it('asks for exactly the permissions that a spec proves to be enough', () => {
  const rule = `ACL SETUSER ${USER} ${RULE.replace(PASSWORD, 'password')}\n`
  expect(read('docs/sharing.md')).toContain(rule)
})

/** The defaults of the options. A spec below checks them against the code. */
const DEFAULTS = {
  threshold: 5,
  failureRate: false,
  slowAfter: false,
  ttl: 30,
  maxRetryAfter: 0,
  permits: 1,
  probes: { needed: 1, of: 1 },
  probeTimeout: 60,
  dryRun: false,
} as const satisfies CircuitOptions

/** One more circuit of the name, which must have the same options. */
function attachAgain(options: CircuitOptions): void {
  const breaker = new CircuitBreaker()
  breaker.attach(axios.create(), 'users')
  breaker.attach(axios.create(), 'users', options)
}

it.each(Object.entries(DEFAULTS))('has the default of %s', (name, value) => {
  expect(() => attachAgain({ [name]: value })).not.toThrow()
})

it.each<CircuitOptions>([
  { threshold: 6 },
  { threshold: false },
  { failureRate: 0.5 },
  { slowAfter: 2 },
  { ttl: 31 },
  { ttl: { initial: 30, max: 60 } },
  { maxRetryAfter: 1 },
  { permits: 2 },
  { probes: { of: 2 } },
  { probeTimeout: 61 },
  { dryRun: true },
])('has no other default: %j', (options) => {
  expect(() => attachAgain(options)).toThrow('already attached with other options')
})

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('Nothing was thrown')
}
