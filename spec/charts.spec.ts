/** The figures of docs/rules.md are those of the simulation. This spec simulates some of them again. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axios, { AxiosError } from 'axios'
import { NOISE, RULES, TRAFFICS, TROUBLE } from '../scripts/charts/grid.mjs'
import { hangingRows } from '../scripts/charts/hanging.mjs'
import { openingsInWords, percent, table, timeInWords } from '../scripts/charts/tables.mjs'
import { CircuitBreaker } from '../lib/index.js'
import { runScript } from '../scripts/run.mjs'
import { TestClock } from '../lib/testing/index.js'
import { read, root, tableBelow, type Row } from './support/document.js'

const PAGE = 'docs/rules.md'
const MARKS = { openings: '<!-- openings: made', times: '<!-- times: made' }
const rules = Object.keys(RULES)

function cellOf(mark: string, rule: string, traffic: number, errors: number): string | undefined {
  const isMeant = (row: Row): boolean =>
    row.rule === `\`${rule}\`` && row['requests a second'] === traffic.toLocaleString('en')
  return tableBelow(PAGE, mark).find(isMeant)?.[percent(errors)]
}

it.each<[keyof typeof MARKS, readonly number[]]>([
  ['openings', NOISE],
  ['times', TROUBLE],
])('the %s: a figure for each rule, traffic and ratio', (name, ratios) => {
  const mark = MARKS[name]
  const cells = rules.flatMap((rule) =>
    TRAFFICS.flatMap((traffic) => ratios.map((errors) => cellOf(mark, rule, traffic, errors))),
  )
  expect(cells.filter((cell) => !/^(?:0|–|[\d.,]+( m?s| min)?)$/.test(cell ?? ''))).toEqual([])
  expect(tableBelow(PAGE, mark)).toHaveLength(rules.length * TRAFFICS.length)
})

interface Cell {
  readonly of: 'noiseCell' | 'troubleCell'
  readonly rule: string
  readonly traffic: number
  readonly errors: number
  readonly written: string | undefined
}

/** Those that take little time to simulate: with little traffic, or of a circuit that opens soon. */
function quickCells(rule: string): readonly Cell[] {
  const openings = [0.1, 1, 10].flatMap((traffic) =>
    NOISE.map((errors) => {
      const written = cellOf(MARKS.openings, rule, traffic, errors)
      return { of: 'noiseCell', rule, traffic, errors, written } as const
    }),
  )
  const times = [0.1, 1, 10].flatMap((traffic) =>
    TROUBLE.map((errors) => {
      const written = cellOf(MARKS.times, rule, traffic, errors)
      return { of: 'troubleCell', rule, traffic, errors, written } as const
    }),
  )
  const isQuick = ({ traffic, written }: Cell): boolean =>
    traffic < 1 || Number(written?.replace(',', '')) >= 100
  return [...openings.filter((cell) => isQuick(cell)), ...times]
}

/** In a process of its own: Jest slows down what computes so much. */
async function simulated(cells: readonly Cell[]): Promise<readonly (number | null)[]> {
  const script = `import * as grid from './scripts/charts/grid.mjs'
    const cells = ${JSON.stringify(cells)}
    const found = cells.map(({ of, rule, traffic, errors }) => grid[of](rule, traffic, errors))
    console.log(JSON.stringify(found))`
  return JSON.parse(await runScript(script, { cwd: root })) as (number | null)[]
}

it('has the figures that the simulation finds', async () => {
  const cells = rules.flatMap((rule) => quickCells(rule))
  const found = await simulated(cells)
  const again = cells.map((cell, index) => {
    // JSON has no Infinity.
    const value = found[index] ?? Infinity
    return {
      ...cell,
      written: cell.of === 'noiseCell' ? openingsInWords(value) : timeInWords(value),
    }
  })
  expect(again).toEqual(cells)
  expect(cells.length).toBeGreaterThan(120)
}, 120_000)

it.each(rules)('shows %s in the picture', (rule) => {
  const picture = readFileSync(join(root, 'docs/images/rules.svg'), 'utf8')
  for (const [, option = ''] of rule
    .replace(/{ threshold: (.*) }/, '$1')
    .matchAll(/(\w+: [\d.]+)/g)) {
    expect(picture).toContain(option)
  }
})

it('quotes its tables', () => {
  const page = read(PAGE)
  expect(cellOf(MARKS.openings, 'threshold: 5', 1000, 0.1)).toBe('600')
  expect(page).toContain('If nine requests of ten succeed')
  expect(page).toContain('opens the circuit 600 times a day')
  expect(Math.round(Number(cellOf(MARKS.openings, 'threshold: 5', 1, 0.1)))).toBe(1)
  expect(page).toContain('At one request a second, it does so once a day')
})

it('says what a service gets that hangs', async () => {
  expect(read(PAGE)).toContain(table(...(await hangingRows())))
})

it('says how a ttl grows', async () => {
  const clock = new TestClock()
  const ttl = { initial: 5, max: 300, jitter: 0 }
  const users = axios.create({ adapter: () => Promise.reject(new AxiosError('down')) })
  const options = { threshold: 1, ttl, now: clock.now }
  const circuit = new CircuitBreaker(options).attach(users, 'users')
  const times: number[] = []
  while (times.at(-1) !== 300) {
    await users.get('/').catch(() => undefined)
    times.push(circuit.retryAfter)
    clock.advance(circuit.retryAfter)
  }
  expect(times).toEqual([5, 10, 20, 40, 80, 160, 300])
  expect(read(PAGE)).toContain('{ initial: 5, max: 300 }, // 5, 10, 20, 40 … 300 seconds')
})
