/** The benchmark runs, and reports on everything that it compares. No spec checks its figures. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runNode } from '../scripts/run.mjs'

const root = resolve(__dirname, '..')

const VARIANTS = [
  'bare axios',
  'bare axios, again',
  'no-op interceptor pair',
  'axios-breaker',
  'axios-breaker with metrics',
  'axios-breaker with failureRate',
  'axios-breaker with failureRate and slowAfter',
  'axios-breaker by host',
  'opossum',
  'cockatiel',
  'mollitia',
  'axios-retry',
]

/** Of the fleet. */
const SHARED = 'axios-breaker'
const OWN = 'axios-breaker, a circuit each'
const OPOSSUM = 'opossum, a circuit each'
const NAIVE = 'reading Redis each time'
const CACHED = 'reading Redis every 100 ms'

const NUMBER = /^-?[\d,.]+$/
/** The figure, and in brackets what it was before, or the extremes. */
const BOTH = /^[\d,.]+ \([\d,.]+(–\d+)?\)$/
const RATIO = /^\d+\.\d{3} \(\d+\.\d{3}–\d+\.\d{3}\)$/

/** The cells of each row, by the heading of the table and the first cell of the row. */
type Tables = Readonly<Record<string, ReadonlyMap<string, readonly string[]>>>

let folder: string
let tables: Tables
let printed: string
let written: string

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/esm/index.js'))) {
    throw new Error('The benchmark needs dist: run `npm run build` first')
  }
  folder = await mkdtemp(join(tmpdir(), 'axios-breaker-bench-'))
  const out = join(folder, 'RESULTS.md')
  const bench = ['--expose-gc', 'bench/main.mjs', '--out', out]
  const options = { cwd: root, env: { ROUNDS: '3' }, seconds: 240 }
  printed = `${(await runNode(bench, options)).stdout}\n`
  written = await readFile(out, 'utf8')
  tables = read(written)
}, 240_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

test('it prints what it writes', () => {
  expect(printed).toBe(written)
})

test('it says on what it ran', () => {
  expect(written).toContain(`Node ${process.version}`)
  expect(written).toMatch(/\b\d+ cores\b/)
  expect(written).toMatch(/\baxios \d+\.\d+\.\d+\b/)
  expect(written).toMatch(/\b\d{4}-\d{2}-\d{2}\b/)
  expect(written).toContain('Each of 3 rounds')
})

test.each([
  ['A closed circuit', [NUMBER, RATIO, RATIO]],
  ['50 requests at once', [NUMBER, RATIO, RATIO]],
  ['A real server', [NUMBER, RATIO, RATIO]],
  ['An opened circuit', [/^(yes|no)$/, NUMBER, RATIO]],
  ['10 idle circuits', [NUMBER, NUMBER]],
  ['A failure after 100 successes', [NUMBER, NUMBER, RATIO]],
])('%s: a row for each variant', (heading, cells) => {
  const rows = tables[heading]
  expect([...(rows?.keys() ?? [])]).toEqual(VARIANTS)
  for (const row of rows?.values() ?? []) {
    expect(row).toEqual(cells.map((cell) => expect.stringMatching(cell)))
  }
})

test.each([
  ['Redis commands in a fleet', [SHARED, NAIVE, CACHED], [NUMBER, NUMBER, NUMBER, NUMBER]],
  [
    '1 % of the requests fail',
    ['`failureRate: 0.5`', '`threshold: 5`'],
    [NUMBER, NUMBER, NUMBER, /^0$/],
  ],
  ['A transition reaches the other processes', ['4'], [/^8 of 8$/, NUMBER, NUMBER, NUMBER]],
  ['Probes of a service that stays down', [SHARED, OPOSSUM, NAIVE], [NUMBER, NUMBER]],
  ['Redis frozen', [SHARED, NAIVE], [/^(well|down)$/, BOTH, BOTH, BOTH, BOTH, BOTH]],
  ['A service that breaks', [SHARED, OWN, OPOSSUM], [BOTH, BOTH]],
])('%s: a row for each variant of a fleet', (heading, variants, cells) => {
  const rows = tables[heading]
  expect([...(rows?.keys() ?? [])]).toEqual(variants)
  for (const row of rows?.values() ?? []) {
    expect(row).toEqual(cells.map((cell) => expect.stringMatching(cell)))
  }
})

test('a healthy request sends Redis nothing, and a failure at most one command, or two if it is taken back', () => {
  const [healthy = '', failure = ''] = tables['Redis commands in a fleet']?.get(SHARED) ?? []
  expect(healthy).toBe('0.00')
  // A success cancels a failure before that is reported, unless the machine is too busy to send the success in time.
  expect(Number(failure)).toBeLessThanOrEqual(2)
})

test('at a steady rate axios-breaker reads nothing, and a cached state 10 times a second', () => {
  const perSecond = (variant: string) =>
    Number(tables['Redis commands in a fleet']?.get(variant)?.[3])
  expect(perSecond(SHARED)).toBe(0)
  // Two keys each time; a busy machine reads less often.
  expect(perSecond(CACHED)).toBeGreaterThan(0)
  expect(perSecond(CACHED)).toBeLessThan(22)
  expect(perSecond(NAIVE)).toBeGreaterThan(perSecond(CACHED))
})

test('every breaker does refuse, and nothing else does', () => {
  const rows = [...(tables['An opened circuit'] ?? [])]
  const refusing = rows.filter(([, [refuses]]) => refuses === 'yes').map(([name]) => name)
  expect(refusing).toEqual([
    'axios-breaker',
    'axios-breaker with metrics',
    'axios-breaker with failureRate',
    'axios-breaker with failureRate and slowAfter',
    'axios-breaker by host',
    'opossum',
    'cockatiel',
    'mollitia',
  ])
})

test('a target is reached or missed as its figures say', () => {
  const rows = [...(tables['Targets']?.values() ?? [])]
  expect(rows).toHaveLength(16)
  for (const [target = '', found = '', verdict] of rows) {
    const reached = parseFloat(found) <= parseFloat(target.replace('≤', ''))
    expect(verdict).toBe(reached ? 'reached' : '**missed**')
  }
})

test('circuits in use: what each rule takes', () => {
  const rows = tables['10 circuits in use']
  expect([...(rows?.keys() ?? [])]).toEqual([
    'axios-breaker with failureRate',
    'axios-breaker with failureRate and slowAfter',
  ])
  for (const row of rows?.values() ?? []) expect(row).toEqual([expect.stringMatching(NUMBER)])
})

test('a scrape shows every circuit that was used', () => {
  expect(written).toMatch(
    /^1 circuits that were used make \d+ lines for Prometheus, in [\d.]+ ms\.$/m,
  )
})

test('an idle circuit of axios-breaker has no timer', () => {
  expect(tables['10 idle circuits']?.get('axios-breaker')?.[1]).toBe('0')
})

function read(markdown: string): Tables {
  const sections = markdown.split(/^## /m).slice(1)
  return Object.fromEntries(
    sections.map((section) => [section.slice(0, section.indexOf('\n')), rowsOf(section)]),
  )
}

function rowsOf(section: string): ReadonlyMap<string, readonly string[]> {
  const lines = section.split('\n').filter((line) => line.startsWith('|'))
  const rows = lines.slice(2).map((line) => line.slice(2, -2).split(' | '))
  return new Map(rows.map(([name = '', ...cells]) => [name, cells]))
}
