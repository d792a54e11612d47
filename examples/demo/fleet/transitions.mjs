/** The transitions that each process saw, and how long after the result that caused them. */
import nodeProcess from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { KIND, PATIENCE, PROCESSES } from './settings.mjs'

/**
 * @import { CircuitEvents, CircuitState, Forced, ForcedState } from 'axios-breaker'
 * @import { CircuitEvent } from '../arm.mjs'
 * @import { Kind } from '../settings.mjs'
 *
 * @typedef {object} Move
 * @property {CircuitState} from
 * @property {CircuitState} to
 * @property {CircuitEvents['stateChanged']['origin']} origin
 * @property {number} after milliseconds since the result that caused it
 */

export class Transitions {
  /**
   * The transitions of each process so far.
   *
   * @type {Move[][]}
   */
  moves = PROCESSES.map(() => [])
  /**
   * What the circuit of each process is forced to.
   *
   * @type {(Forced | undefined)[]}
   */
  forces = PROCESSES.map(() => undefined)
  /** When the forces end, by the clock of the events. */
  #ends = PROCESSES.map(() => Infinity)
  #stage
  #shown = PROCESSES.map(() => 0)
  /** When any process last counted a result. */
  #countedAt = 0

  /** @param {{ events(kind: Kind): Promise<CircuitEvent[][]> }} stage */
  constructor(stage) {
    this.#stage = stage
  }

  /** Returns every transition of each process so far, as in `closed → opened`. */
  get histories() {
    return this.moves.map((moves) => moves.map(({ from, to }) => `${from} → ${to}`))
  }

  /** @param {number} process */
  stateOf(process) {
    return this.moves[process].at(-1)?.to ?? 'closed'
  }

  /**
   * Waits until every process knows what the circuit is forced to, or that it is not.
   *
   * @param {ForcedState | undefined} state
   */
  async forced(state) {
    const isKnown = () => this.forces.every((force) => force?.state === state)
    const end = performance.now() + PATIENCE
    while (!isKnown() && performance.now() < end) {
      await sleep(5)
      await this.#ask()
    }
    return isKnown()
  }

  /**
   * Whether the force that a process knows has ended, although it may not have said so yet.
   *
   * @param {number} process
   */
  isOver(process) {
    return Number(nodeProcess.hrtime.bigint()) / 1e6 > this.#ends[process]
  }

  /** @returns the transitions of each process since the last call. If one process moved, waits for all. */
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
    const events = await this.#stage.events(KIND)
    const results = events.flat().filter(({ event }) => event === 'failed' || event === 'recovered')
    this.#countedAt = Math.max(this.#countedAt, ...results.map(({ at }) => at))
    for (const [process, own] of events.entries()) {
      for (const { at, forced } of own.filter((each) => each.event === 'forced')) {
        this.forces[process] = forced
        this.#ends[process] = at + (forced?.endsIn ?? Infinity) * 1000
      }
      for (const { at, ...move } of own.filter((each) => each.event === 'stateChanged')) {
        this.moves[process].push({ ...move, after: at - this.#countedAt })
      }
    }
  }
}
