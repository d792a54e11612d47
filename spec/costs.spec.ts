/** What docs/performance.md says of costs is what the benchmark found. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (file: string): string => readFileSync(join(__dirname, '..', file), 'utf8')

function table(markdown: string, heading: string): string[][] {
  const section = markdown.slice(markdown.indexOf(`## ${heading}\n`)).split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** Of each variant, the number that the column begins with. */
function found(heading: string, column: string): Record<string, number> {
  const [head = [], , ...rows] = table(read('bench/RESULTS.md'), heading)
  const index = head.indexOf(column)
  const number = (cell = ''): number => Number.parseFloat(cell.replaceAll(',', ''))
  return Object.fromEntries(rows.map((row) => [row[0], number(row[index])]))
}

const QUOTED = [
  ['a request through a closed circuit', found('A closed circuit', '× bare axios'), 2],
  [
    'a refused request, over a rejection of bare axios',
    found('An opened circuit', '× bare axios that rejects'),
    2,
  ],
  ['bytes of an idle circuit', found('10,000 idle circuits', 'bytes per circuit'), 0],
  ['timers of 10,000 idle circuits', found('10,000 idle circuits', 'timers'), 0],
  [
    'a failure after 100,000 successes, over one after 100',
    found('A failure after 100,000 successes', 'ratio'),
    1,
  ],
] as const

it.each(QUOTED)('quotes what the benchmark found of %s', (what, figures, digits) => {
  const [names = [], , ...rows] = table(read('docs/performance.md'), 'What it costs')
  const row = rows.find(([first]) => first === what) ?? []
  const quoted = names.flatMap((name, index) =>
    row[index] && index > 0 ? [[name, row[index]]] : [],
  )
  expect(quoted.length).toBeGreaterThan(3)
  for (const [name = '', figure = ''] of quoted) {
    const number = (figures[name] ?? Number.NaN).toFixed(digits)
    expect(`${name} ${figure.replaceAll(',', '').replace(' ×', '')}`).toBe(`${name} ${number}`)
  }
})
