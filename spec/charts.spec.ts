/** The figures of docs/rules.md are what the simulation finds: some of them are simulated once more. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axios, { AxiosError } from 'axios'
import { NOISE, noiseCell, RULES, TRAFFICS, TROUBLE, troubleCell } from '../scripts/charts/grid.mjs'
import { hangingRows } from '../scripts/charts/hanging.mjs'
import { openingsInWords, percent, table, timeInWords } from '../scripts/charts/tables.mjs'
import { CircuitBreaker } from '../lib/index.js'
import { TestClock } from '../lib/testing/index.js'
import { read, root, tableBelow, type Row } from './support/document.js'

const PAGE = 'docs/rules.md'
const MARKS = ['<!-- openings: made', '<!-- times: made'] as const
const rules = Object.keys(RULES)

function cellOf(mark: string, rule: string, traffic: number, errors: number): string | undefined {
  const isMeant = (row: Row): boolean =>
    row.rule === `\`${rule}\`` && row['requests a second'] === traffic.toLocaleString('en')
  return tableBelow(PAGE, mark).find(isMeant)?.[percent(errors)]
}

it.each([
  [MARKS[0], NOISE],
  [MARKS[1], TROUBLE],
])('%s: a figure for each rule, traffic and ratio', (mark, ratios) => {
  const cells = rules.flatMap((rule) =>
    TRAFFICS.flatMap((traffic) => ratios.map((errors) => cellOf(mark, rule, traffic, errors))),
  )
  expect(cells.filter((cell) => !/^(?:0|–|[\d.,]+( m?s| min)?)$/.test(cell ?? ''))).toEqual([])
  expect(tableBelow(PAGE, mark)).toHaveLength(rules.length * TRAFFICS.length)
})

describe.each(rules)('%s', (rule) => {
  it('opens as often in a day as the page says', () => {
    for (const [traffic, errors] of [
      [0.1, 0.2],
      [1, 0.3],
      [1, 0.4],
      [10, 0.4],
    ] as const) {
      const found = openingsInWords(noiseCell(rule, traffic, errors))
      expect(`${errors} ${found}`).toBe(`${errors} ${cellOf(MARKS[0], rule, traffic, errors)}`)
    }
  })

  it('opens as soon as the page says', () => {
    for (const traffic of [0.1, 1, 10]) {
      for (const errors of TROUBLE) {
        const found = timeInWords(troubleCell(rule, traffic, errors))
        expect(`${errors} ${found}`).toBe(`${errors} ${cellOf(MARKS[1], rule, traffic, errors)}`)
      }
    }
  })

  it('is in the picture', () => {
    const picture = readFileSync(join(root, 'docs/images/rules.svg'), 'utf8')
    const words = rule.match(/\w+: [\d.]+/g) ?? []
    for (const word of words)
      expect(picture).toContain(word.replace('threshold: 0.5', 'failureRate: 0.5'))
  })
})

it('quotes its tables', () => {
  const page = read(PAGE)
  expect(cellOf(MARKS[0], 'threshold: 5', 1000, 0.1)).toBe('600')
  expect(page).toContain('answers nine requests of ten 600 times a day')
  expect(Math.round(Number(cellOf(MARKS[0], 'threshold: 5', 1, 0.1)))).toBe(1)
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
