/** Prints what happens while it happens, one column for each circuit. */
import { merge } from './cells.mjs'
import { paint } from './paint.mjs'

const COLUMNS = { time: 9, service: 11, lane: 39, label: 14 }
/** Ticks that one line may stand for: more would keep the reader waiting. */
const MERGED = 4

export class Timeline {
  #kinds
  #start = performance.now()
  #behaviour = ''
  #waiting

  constructor(circuits) {
    this.#kinds = Object.keys(circuits)
    const rules = this.#kinds.map((kind) => {
      const { threshold, ttl } = circuits[kind]
      return `${kind} (threshold ${threshold}, ttl ${ttl} s)`.padEnd(COLUMNS.lane)
    })
    const head = 'time'.padEnd(COLUMNS.time) + 'service'.padEnd(COLUMNS.service) + rules.join('')
    console.log(paint('bold', `  ${head.trimEnd()}`))
    console.log(paint('dim', `  ${'─'.repeat(head.trimEnd().length)}`))
  }

  /** What the user service does from now on. */
  behave(behaviour) {
    this.flush()
    this.#behaviour = behaviour
  }

  /** @param cells for each lane its cells of this tick, from top to bottom */
  tick(cells) {
    const height = Math.max(...Object.values(cells).map((lane) => lane.length))
    for (let line = 0; line < height; line += 1) {
      const row = { time: performance.now() - this.#start, ticks: 1, cells: {} }
      for (const [kind, lane] of Object.entries(cells)) row.cells[kind] = lane[line]
      this.#add(row)
    }
  }

  flush() {
    if (this.#waiting) this.#print(this.#waiting)
    this.#waiting = undefined
  }

  #add(row) {
    const merged = this.#waiting && this.#merge(this.#waiting, row)
    if (!merged) this.flush()
    this.#waiting = merged ?? row
    const cells = Object.values(row.cells).filter(Boolean)
    if (this.#waiting.ticks === MERGED || cells.some((cell) => !cell.values)) this.flush()
  }

  #merge(first, second) {
    const cells = {}
    for (const kind of this.#kinds) {
      const [a, b] = [first.cells[kind], second.cells[kind]]
      if (!a && !b) continue
      cells[kind] = a && b && merge(a, b)
      if (!cells[kind]) return undefined
    }
    return { ...first, ticks: first.ticks + 1, cells }
  }

  #print({ time, cells }) {
    const seconds = `${(time / 1000).toFixed(2).padStart(5)} s`.padEnd(COLUMNS.time)
    const service = this.#behaviour.padEnd(COLUMNS.service)
    this.#behaviour = ''
    const lanes = this.#kinds.map((kind) => render(cells[kind])).join('')
    console.log(`  ${paint('dim', seconds)}${paint('bold', service)}${lanes}`.trimEnd())
  }
}

function render(cell) {
  if (!cell) return ' '.repeat(COLUMNS.lane)
  const { glyph, tone, labelTone, strong, values = [], detail } = cell
  const times = values.length > 1 ? ` × ${values.length}` : ''
  const label = detail ? `${cell.label}${times}`.padEnd(COLUMNS.label) : cell.label
  const rest = detail ? detail(values) : ''
  const gap = ' '.repeat(Math.max(0, COLUMNS.lane - 2 - label.length - rest.length))
  const toned = labelTone ? paint(labelTone, label) : label
  return `${paint(tone, glyph)} ${strong ? paint('bold', toned) : toned}${rest}${gap}`
}
