/** Prints events as they happen, in one column for each lane. */
import { merge } from './cells.mjs'
import { paint } from './paint.mjs'

/**
 * @import { Cell } from './cells.mjs'
 *
 * @typedef {Record<string, readonly Cell[]>} Cells of each lane, from top to bottom
 * @typedef {{ time: number, ticks: number, cells: Record<string, Cell | undefined> }} Row
 */

const WIDTHS = { time: 9, service: 11, lane: 39, label: 14 }
/** How many ticks one line may combine: more would keep the reader waiting. */
const MERGED = 4

export class Timeline {
  #lanes
  #widths
  #start = performance.now()
  #behaviour = ''
  /** @type {Row | undefined} */
  #waiting

  /**
   * @param {Record<string, string>} heads the heading of each lane
   * @param {Partial<typeof WIDTHS>} [widths]
   */
  constructor(heads, widths = {}) {
    this.#lanes = Object.keys(heads)
    this.#widths = { ...WIDTHS, ...widths }
    const { time, service, lane } = this.#widths
    const titles = Object.values(heads).map((title) => title.padEnd(lane))
    const head = 'time'.padEnd(time) + 'service'.padEnd(service) + titles.join('')
    console.log(paint('bold', `  ${head.trimEnd()}`))
    console.log(paint('dim', `  ${'─'.repeat(head.trimEnd().length)}`))
  }

  /**
   * Shows what the user service does from now on.
   *
   * @param {string} behaviour
   */
  behave(behaviour) {
    this.flush()
    this.#behaviour = behaviour
  }

  /** @param {Cells} cells at this tick */
  tick(cells) {
    const height = Math.max(...Object.values(cells).map((lane) => lane.length))
    for (let line = 0; line < height; line += 1) {
      /** @type {Row} */
      const row = { time: performance.now() - this.#start, ticks: 1, cells: {} }
      for (const [name, lane] of Object.entries(cells)) row.cells[name] = lane[line]
      this.#add(row)
    }
  }

  /**
   * Prints a line across all lanes.
   *
   * @param {string} text
   */
  say(text) {
    this.flush()
    console.log(`  ${paint('dim', this.#clock())}${text}`)
  }

  flush() {
    if (this.#waiting) this.#print(this.#waiting)
    this.#waiting = undefined
  }

  /** @param {Row} row */
  #add(row) {
    const merged = this.#waiting && this.#merge(this.#waiting, row)
    if (!merged) this.flush()
    this.#waiting = merged ?? row
    const cells = Object.values(row.cells)
    if (this.#waiting.ticks === MERGED || cells.some((cell) => cell && !cell.values)) this.flush()
  }

  /**
   * @param {Row} first
   * @param {Row} second
   */
  #merge(first, second) {
    /** @type {Row['cells']} */
    const cells = {}
    for (const lane of this.#lanes) {
      const [a, b] = [first.cells[lane], second.cells[lane]]
      if (!a && !b) continue
      cells[lane] = a && b && merge(a, b)
      if (!cells[lane]) return undefined
    }
    return { ...first, ticks: first.ticks + 1, cells }
  }

  /** @param {Row} row */
  #print({ time, cells }) {
    const seconds = this.#clock(time)
    const service = this.#behaviour.padEnd(this.#widths.service)
    this.#behaviour = ''
    const lanes = this.#lanes.map((lane) => this.#render(cells[lane])).join('')
    console.log(`  ${paint('dim', seconds)}${paint('bold', service)}${lanes}`.trimEnd())
  }

  #clock(time = performance.now() - this.#start) {
    return `${(time / 1000).toFixed(2).padStart(5)} s`.padEnd(this.#widths.time)
  }

  /** @param {Cell | undefined} cell */
  #render(cell) {
    const { lane, label: labelWidth } = this.#widths
    if (!cell) return ' '.repeat(lane)
    const { glyph, tone, labelTone, strong, values = [], detail } = cell
    const times = values.length > 1 ? ` × ${values.length}` : ''
    const label = detail ? `${cell.label}${times}`.padEnd(labelWidth) : cell.label
    const rest = detail ? detail(values) : ''
    const gap = ' '.repeat(Math.max(0, lane - 2 - label.length - rest.length))
    const toned = labelTone ? paint(labelTone, label) : label
    return `${paint(tone, glyph)} ${strong ? paint('bold', toned) : toned}${rest}${gap}`
  }
}
