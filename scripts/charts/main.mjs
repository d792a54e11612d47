/**
 * Simulates which rule opens the circuit when, and writes what it found into docs/rules.md and
 * docs/images/rules.svg. Takes some minutes, and finds the same each time.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NOISE, noiseCell, RULES, TRAFFICS, TROUBLE, troubleCell, WATCHED } from './grid.mjs'
import { hangingRows } from './hanging.mjs'
import { draw } from './svg.mjs'
import { openingsInWords, percent, replaceFigures, table, tableOf, timeInWords } from './tables.mjs'

/** @import { Cell } from './grid.mjs' */
/** @import { Scale } from './svg.mjs' */
/** @typedef {{ x: Scale, y: Scale }} Scales */

const root = join(import.meta.dirname, '../..')
const page = join(root, 'docs/rules.md')

const [LEAST_OPENINGS, MOST_OPENINGS] = [0.01, 3000]
const [SHORTEST, LONGEST] = [0.004, WATCHED]

/**
 * From 0 to 1, by the logarithm between two extremes.
 *
 * @type {(least: number, most: number) => (value: number) => number}
 */
const logarithmic = (least, most) => (value) =>
  (Math.log(value) - Math.log(least)) / (Math.log(most) - Math.log(least))

/** Leaves room at one end for values that a logarithmic scale does not have: 0, and no opening at all. */
const ROOM = 0.12
/** @type {(...ratios: number[]) => [number, string][]} */
const percentages = (...ratios) => ratios.map((ratio) => [ratio, percent(ratio)])

const openings = logarithmic(LEAST_OPENINGS, MOST_OPENINGS)
/** @type {Scales} */
const noiseScale = {
  x: { ticks: percentages(0.1, 0.2, 0.3, 0.4), place: (ratio) => ratio / 0.42 },
  y: {
    ticks: [
      [0, 'none'],
      [0.01, '0.01'],
      [0.1, '0.1'],
      [1, '1'],
      [10, '10'],
      [100, '100'],
      [1000, '1,000'],
    ],
    place: (perDay) => (perDay === 0 ? 0 : ROOM + (1 - ROOM) * openings(perDay)),
  },
}

const seconds = logarithmic(SHORTEST, LONGEST)
/** @type {Scales} */
const troubleScale = {
  x: { ticks: percentages(0.2, 0.4, 0.6, 0.8, 1), place: (ratio) => ratio / 1.04 },
  y: {
    ticks: [
      [0.01, '10 ms'],
      [0.1, '100 ms'],
      [1, '1 s'],
      [10, '10 s'],
      [100, '100 s'],
      [Infinity, '> 10 min'],
    ],
    place: (time) => (time === Infinity ? 1 : (1 - ROOM) * seconds(time)),
  },
}

/**
 * @param {Cell} cell
 * @param {readonly number[]} ratios
 */
function rowsOf(cell, ratios) {
  return Object.keys(RULES).flatMap((rule) =>
    TRAFFICS.map((traffic) => {
      const values = ratios.map((errors) => cell(rule, traffic, errors))
      console.error(
        `${rule}, ${traffic}/s: ${values.map((value) => value.toPrecision(3)).join(' ')}`,
      )
      return { rule, traffic, values }
    }),
  )
}

const noise = rowsOf(noiseCell, NOISE)
const trouble = rowsOf(troubleCell, TROUBLE)

const picture = draw({
  title: 'Which rule opens a circuit, and when',
  description: 'The figures are in the tables of docs/rules.md.',
  rules: Object.keys(RULES),
  traffics: TRAFFICS,
  measures: [
    {
      title: 'Openings a day of a service that works, by its ratio of errors',
      ratios: NOISE,
      rows: noise,
      ...noiseScale,
    },
    {
      title: 'Time until the circuit opens, by the ratio of errors',
      ratios: TROUBLE,
      rows: trouble,
      ...troubleScale,
    },
  ],
})
writeFileSync(join(root, 'docs/images/rules.svg'), picture)

const texts = {
  openings: tableOf(noise, NOISE, openingsInWords),
  times: tableOf(trouble, TROUBLE, timeInWords),
  hanging: table(...(await hangingRows())),
}
let text = readFileSync(page, 'utf8')
for (const [name, figures] of Object.entries(texts)) text = replaceFigures(text, name, figures)
writeFileSync(page, text)
