/** What the processes have been told of their circuit, and how long after the result that moved it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { KIND, PATIENCE, PROCESSES } from './settings.mjs'

export class Told {
  /**
   * For each process its transitions so far, with the milliseconds since the result that moved it.
   *
   * @type {{ from: string, to: string, origin: string, after: number }[][]}
   */
  moves = PROCESSES.map(() => [])
  #stage
  #shown = PROCESSES.map(() => 0)
  /** When a result was last counted, in whichever process. */
  #countedAt = 0

  constructor(stage) {
    this.#stage = stage
  }

  /** Of each process, every transition so far, as in `closed → opened`. */
  get histories() {
    return this.moves.map((moves) => moves.map(({ from, to }) => `${from} → ${to}`))
  }

  stateOf(process) {
    return this.moves[process].at(-1)?.to ?? 'closed'
  }

  /** @returns of each process its transitions since the last time; where there are any, each is waited for */
  async news() {
    const end = performance.now() + PATIENCE
    await this.#ask()
    while (!this.#agree() && performance.now() < end) {
      await sleep(5)
      await this.#ask()
    }
    return this.moves.map((moves, process) => {
      const news = moves.slice(this.#shown[process])
      this.#shown[process] = moves.length
      return news
    })
  }

  #agree() {
    return this.moves.every(({ length }) => length === this.moves[0].length)
  }

  async #ask() {
    const told = await this.#stage.told(KIND)
    const results = told.flat().filter(({ event }) => event !== 'stateChanged')
    this.#countedAt = Math.max(this.#countedAt, ...results.map(({ at }) => at))
    for (const [process, events] of told.entries()) {
      const moves = events.filter(({ event }) => event === 'stateChanged')
      for (const { at, ...move } of moves) {
        this.moves[process].push({ ...move, after: at - this.#countedAt })
      }
    }
  }
}
