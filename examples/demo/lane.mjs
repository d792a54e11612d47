/**
 * The callers of one circuit. They come one at a time, and in a crowd when the circuit is due to half-open.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { crowd, mixed, outcome, probe, transition } from './cells.mjs'
import { firstRefused } from './crowd.mjs'
import { BEAT, CALLERS, CIRCUITS, PROBE_TIME } from './settings.mjs'

/**
 * @import { CircuitState, OpeningCause } from 'axios-breaker'
 * @import { Call } from './arm.mjs'
 * @import { Cell } from './cells.mjs'
 * @import { Kind } from './settings.mjs'
 * @import { Stage } from './stage.mjs'
 */

/** The crowd ends after this time at the latest, even if something went wrong. */
const CROWD_LIMIT = 800

export class Lane {
  kind
  /**
   * Every transition so far, as in `closed → opened`.
   *
   * @type {string[]}
   */
  history = []
  /**
   * What caused each opening so far.
   *
   * @type {OpeningCause[]}
   */
  causes = []
  /**
   * For each half-opening, the ids of the calls made in it.
   *
   * @type {string[][]}
   */
  crowds = []
  #stage
  /** @type {CircuitState} */
  #state = 'closed'
  #dueAt = 0
  #probing = false

  /**
   * @param {Kind} kind
   * @param {Stage} stage
   */
  constructor(kind, stage) {
    this.kind = kind
    this.#stage = stage
  }

  get state() {
    return this.#state
  }

  /** @returns {Promise<Cell[]>} the cells to print, from top to bottom */
  async step() {
    if (this.#probing) return []
    const wait = this.#state === 'opened' ? this.#dueAt - performance.now() : Infinity
    if (wait <= 0) return this.#callTogether()
    // Nobody calls shortly before the ttl has passed: a delayed single caller would become the probe.
    if (wait < BEAT) return []
    const result = await this.#stage.call(this.kind)
    const state = this.#state
    const transitions = this.#note(result)
    if (state !== 'opened' || result.outcome === 'refused') {
      return [this.#outcome(result, state), ...transitions]
    }
    this.crowds.push([result.id])
    return [...transitions.slice(0, 1), probe(result), ...transitions.slice(1)]
  }

  /**
   * @param {Call} result
   * @param {CircuitState} state
   */
  #outcome(result, state) {
    if (this.#stage.behaviour === 'falters') return mixed(result, state)
    return outcome(result, state, CIRCUITS[this.kind].threshold)
  }

  /**
   * The user service holds back its answer until all callers but one are refused: on a busy machine, a
   * quick answer might close the circuit before the others come.
   */
  async #callTogether() {
    this.#probing = true
    const start = performance.now()
    await this.#stage.order('hold', this.kind)
    const calls = Array.from({ length: CALLERS }, () => this.#stage.call(this.kind))
    const refused = await firstRefused(calls, CROWD_LIMIT)
    const before = refused.flatMap((result) => this.#note(result))
    void this.#followProbe(calls, start)
    return [...before, crowd(CALLERS, refused.length)]
  }

  /**
   * @param {readonly Promise<Call>[]} calls
   * @param {number} start
   */
  async #followProbe(calls, start) {
    await sleep(Math.max(0, start + PROBE_TIME - performance.now()))
    await this.#stage.order('release', this.kind)
    const results = await Promise.all(calls)
    this.crowds.push(results.map(({ id }) => id))
    for (const result of results) {
      if (result.outcome === 'refused') continue
      this.#stage.show({ [this.kind]: [probe(result), ...this.#note(result)] })
    }
    this.#probing = false
  }

  /**
   * Adds the transitions that came with an answer.
   *
   * @param {Call} result
   */
  #note({ transitions }) {
    const { ttl } = CIRCUITS[this.kind]
    return transitions.map((moved) => {
      const { from, to, cause } = moved
      this.#state = to
      if (cause) this.causes.push(cause)
      if (to === 'opened') this.#dueAt = performance.now() + ttl * 1000
      this.history.push(`${from} → ${to}`)
      return transition(moved, ttl)
    })
  }
}
