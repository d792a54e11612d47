/** Small multiples of lines, as SVG: a column for each rule, a row for each measure. */

/**
 * @typedef {object} Scale
 * @property {readonly [number, string][]} ticks with what is written beside them
 * @property {(value: number) => number} place from 0 to 1
 *
 * @typedef {object} Measure
 * @property {string} title
 * @property {Scale} x
 * @property {Scale} y
 * @property {readonly number[]} ratios of errors, where each line has its points
 * @property {readonly { rule: string, traffic: number, values: readonly number[] }[]} rows
 *
 * @typedef {object} Panel
 * @property {string} rule
 * @property {Measure} measure
 * @property {readonly number[]} traffics
 * @property {number} panelWidth
 * @property {boolean} isFirst of its row
 * @property {{ x: number, y: number }} at
 *
 * @typedef {[x: number, y: number]} Point
 *
 * @typedef {object} TextOptions
 * @property {number} x
 * @property {number} y
 * @property {number} [size]
 * @property {string} [anchor]
 * @property {string} [fill]
 * @property {number} [weight]
 * @property {string} [family]
 */

/** The colours of the lines, from the least traffic to the most: one hue, from light to dark. */
const COLOURS = ['#86b6ef', '#5598e7', '#2a78d6', '#1c5cab', '#0d366b']
const [INK, MUTED, GRID, SURFACE] = ['#0b0b0b', '#52514e', '#e4e3df', '#ffffff']

const [WIDTH, LEFT, RIGHT, TOP] = [1000, 70, 20, 60]
const [PANEL_HEIGHT, ROW_HEIGHT, GAP] = [170, 280, 20]
const LINE = 14

/**
 * @param {{ title: string, description: string, rules: readonly string[], traffics: readonly number[], measures: readonly Measure[] }} chart
 */
export function draw({ title, description, rules, traffics, measures }) {
  const height = TOP + measures.length * ROW_HEIGHT
  const panelWidth = (WIDTH - LEFT - RIGHT - GAP * (rules.length - 1)) / rules.length
  const panels = measures.flatMap((measure, row) =>
    rules.map((rule, column) => {
      const at = { x: LEFT + column * (panelWidth + GAP), y: TOP + row * ROW_HEIGHT + 58 }
      return panel({ rule, measure, traffics, panelWidth, isFirst: column === 0, at })
    }),
  )
  const titles = measures.map((measure, row) =>
    text(measure.title, { x: 12, y: TOP + row * ROW_HEIGHT + 8, weight: 600, size: 13 }),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(description)}</desc>`,
    `<rect width="${WIDTH}" height="${height}" fill="${SURFACE}"/>`,
    legend(traffics),
    ...titles,
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}

/** @param {readonly number[]} traffics */
function legend(traffics) {
  const entries = traffics.map((traffic, index) => {
    const x = 160 + index * 74
    const sample = `<path d="M${x} 22h22" stroke="${COLOURS[index]}" stroke-width="2"/>`
    return sample + text(traffic.toLocaleString('en'), { x: x + 28, y: 26 })
  })
  return text('Requests a second:', { x: 12, y: 26 }) + entries.join('')
}

/** @param {Panel} panel */
function panel({ rule, measure, traffics, panelWidth, isFirst, at }) {
  /** @type {(x: number, y: number) => Point} */
  const place = (x, y) => [
    round(measure.x.place(x) * panelWidth),
    round((1 - measure.y.place(y)) * PANEL_HEIGHT),
  ]
  const lines = traffics.map((traffic, index) => {
    const row = measure.rows.find((it) => it.rule === rule && it.traffic === traffic)
    const points = measure.ratios.map((ratio, which) => place(ratio, row?.values[which] ?? 0))
    return line(points, COLOURS[index])
  })
  return [
    `<g transform="translate(${round(at.x)} ${at.y})">`,
    ...linesOf(rule).map((content, index) =>
      text(content, { x: 0, y: index * LINE - 24, size: 11, family: 'monospace' }),
    ),
    ...measure.y.ticks.map(([value, label]) => {
      const [, y] = place(0, value)
      const named = isFirst ? text(label, { x: -8, y: y + 4, anchor: 'end', fill: MUTED }) : ''
      return `<path d="M0 ${y}h${round(panelWidth)}" stroke="${GRID}"/>${named}`
    }),
    ...measure.x.ticks.map(([value, label]) => {
      const [x] = place(value, 0)
      return text(label, { x, y: PANEL_HEIGHT + 18, anchor: 'middle', fill: MUTED })
    }),
    ...lines,
    '</g>',
  ].join('\n')
}

/**
 * Its options, as they fit above a panel.
 *
 * @param {string} rule
 */
function linesOf(rule) {
  const [first, ...others] = rule.replace(/{ threshold: (.*) }/, '$1').split(', ')
  return others.length > 0 ? [first, others.join(', ')] : [first]
}

/**
 * @param {readonly Point[]} points
 * @param {string} colour
 */
function line(points, colour) {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')
  const dots = points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="2.5" fill="${colour}"/>`)
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`
}

/**
 * @param {string} content
 * @param {TextOptions} options
 */
function text(
  content,
  { x, y, size = 12, anchor = 'start', fill = INK, weight = 400, family = '' },
) {
  const font = family && ` font-family="ui-monospace, ${family}"`
  return (
    `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${fill}" ` +
    `font-weight="${weight}"${font}>${escaped(content)}</text>`
  )
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10
}

/** @param {string} content */
function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
