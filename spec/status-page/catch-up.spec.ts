/** Pages on lines of any speed, in random sequences: each ends up with what there is, and holds no more than that. */
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Backlog, type News } from '../../lib/status-page/backlog.js'
import { Stream } from '../../lib/status-page/stream.js'
import type { Tracked } from '../../lib/status-page/tracked.js'
import { numbersFrom } from '../support/numbers.js'

const RUNS = Number(process.env.RUNS ?? 100)
const STEPS = 300
const MOST_ROWS = 100

type Message = readonly [
  rows: readonly (readonly [id: number, value: number])[],
  gone: readonly number[],
]

/** The circuits, each with a value that changes. */
class Circuits {
  readonly values = new Map<number, number>()
  readonly news = new Backlog()
  newest = 0

  attach(): void {
    this.newest += 1
    this.change(this.newest)
  }

  change(id: number): void {
    this.values.set(id, (this.values.get(id) ?? 0) + 1)
    this.news.change({ id } as Tracked)
  }

  detach(id: number): void {
    if (this.values.delete(id)) this.news.remove(id)
  }

  messageOf({ changed, gone }: News): string {
    const rows = changed.map(({ id }) => [id, this.values.get(id) ?? NaN] as const)
    return JSON.stringify([rows, gone] satisfies Message)
  }
}

/** A page whose line is full whenever the numbers say so. */
class Page {
  readonly shown: Map<number, number>
  readonly stream: Stream
  mostRows = 0
  readonly #response: EventEmitter
  #isFull = false

  constructor({ values, newest }: Circuits, isFull: () => boolean) {
    this.shown = new Map(values)
    this.#response = Object.assign(new EventEmitter(), {
      write: (text: string) => {
        this.#read(JSON.parse(text) as Message)
        this.#isFull = isFull()
        return !this.#isFull
      },
    })
    const nothing = (): void => undefined
    const options = { newest, onReady: nothing, onClose: nothing }
    this.stream = new Stream(this.#response as ServerResponse, options)
  }

  get isUpToDate(): boolean {
    return !this.#isFull && !this.stream.isReady
  }

  drain(): void {
    if (!this.#isFull) return
    this.#isFull = false
    this.#response.emit('drain')
  }

  #read([rows, gone]: Message): void {
    this.mostRows = Math.max(this.mostRows, rows.length)
    // As the script of the page does: what is gone first.
    for (const id of gone) this.shown.delete(id)
    for (const [id, value] of rows) this.shown.set(id, value)
  }
}

function run(seed: number): { readonly circuits: Circuits; readonly pages: readonly Page[] } {
  const random = numbersFrom(seed)
  const chance = (share: number): boolean => random() < share
  const circuits = new Circuits()
  const any = (): number => 1 + Math.floor(random() * circuits.newest)
  const start = chance(0.5) ? 150 : 3
  for (let index = 0; index < start; index += 1) circuits.attach()
  const pages: Page[] = []
  const send = (): void => {
    const news = circuits.news.take()
    for (const { stream } of pages) stream.tell(news, (it) => circuits.messageOf(it))
  }
  const [isBusy, isSlow] = [random(), random()]
  for (let step = 0; step < STEPS; step += 1) {
    if (chance(0.02)) pages.push(new Page(circuits, () => chance(isSlow)))
    if (chance(0.1)) circuits.attach()
    if (chance(0.1)) circuits.detach(any())
    for (const id of circuits.values.keys()) if (chance(isBusy * 0.3)) circuits.change(id)
    for (const page of pages) if (chance(0.3)) page.drain()
    if (chance(0.3)) send()
  }
  // Each turn sends a hundred rows to those whose line is not full.
  const isDone = (): boolean => circuits.news.isEmpty && pages.every((page) => page.isUpToDate)
  while (!isDone()) {
    for (const page of pages) page.drain()
    send()
  }
  return { circuits, pages }
}

it(`end up with what there is (${RUNS} sequences)`, () => {
  const first = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  for (let seed = first; seed < first + RUNS; seed += 1) {
    const { circuits, pages } = run(seed)
    // The seed says in a failure how to repeat it.
    for (const { shown, mostRows } of pages) {
      expect([seed, shown]).toEqual([seed, circuits.values])
      expect([seed, mostRows <= MOST_ROWS]).toEqual([seed, true])
    }
  }
})

it('remember no circuits that came and went while they read nothing', () => {
  const circuits = new Circuits()
  circuits.attach()
  const page = new Page(circuits, () => true)
  const news: News[] = []
  const send = (): void =>
    page.stream.tell(circuits.news.take(), (it) => (news.push(it), circuits.messageOf(it)))
  send()
  for (let index = 0; index < 1000; index += 1) {
    circuits.attach()
    if (index % 2) send()
    circuits.detach(circuits.newest)
    send()
  }
  circuits.detach(1)
  send()
  page.drain()
  send()
  expect(news.at(-1)).toEqual({ changed: [], gone: [1] })
  expect(news).toHaveLength(2)
})
