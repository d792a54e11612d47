/** The story of a fleet: the user service breaks and comes back, and each process has its callers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { firstRefused } from '../crowd.mjs'
import { BEAT, PROBE_TIME } from '../settings.mjs'
import { crowd, outcome, probe, transitionRows } from './cells.mjs'
import { CALLERS, KIND, PATIENCE, PROCESSES, TTL } from './settings.mjs'
import { Transitions } from './transitions.mjs'

/**
 * @import { Call } from '../arm.mjs'
 * @import { Cell } from '../cells.mjs'
 * @import { Stage } from '../stage.mjs'
 * @import { Cells } from '../timeline.mjs'
 */

export class Story {
  /**
   * For each half-opening, the ids of the calls made in it.
   *
   * @type {string[][]}
   */
  crowds = []
  transitions
  #stage
  #dueAt = Infinity

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage
    this.transitions = new Transitions(stage)
  }

  async play() {
    const beat = () => this.#beat()
    const { transitions } = this
    /** @param {readonly string[]} history */
    const sawFailedProbe = (history) => history.includes('half-opened → opened')
    const areClosed = () =>
      PROCESSES.every((_, process) => transitions.stateOf(process) === 'closed')
    const acts = {
      answers: { beats: 4, done: () => true },
      breaks: { beats: 0, done: () => transitions.histories.every(sawFailedProbe) },
      recovers: { beats: 4, done: areClosed },
    }
    for (const [behaviour, act] of Object.entries(acts)) {
      await this.#stage.act(behaviour, { ...act, beat })
    }
    this.#stage.end()
  }

  async #beat() {
    const next = performance.now() + BEAT
    if (performance.now() >= this.#dueAt) await this.#callTogether()
    else await this.#callInTurn()
    await sleep(Math.max(0, next - performance.now()))
  }

  /** Calls one process after the other, so that each failure is counted before the next one happens. */
  async #callInTurn() {
    /** @type {Record<number, Cell[]>} */
    let row = {}
    for (const process of PROCESSES.keys()) {
      // Nobody calls shortly before the ttl has passed: a delayed single caller would become the probe.
      if (performance.now() > this.#dueAt - BEAT) break
      const state = this.transitions.stateOf(process)
      const result = await this.#stage.call(KIND, process)
      const wasProbe = state === 'opened' && result.outcome !== 'refused'
      if (wasProbe) this.crowds.push([result.id])
      row[process] = [wasProbe ? probe(result) : outcome(result, state)]
      const moves = await this.#moves()
      if (moves.length === 0) continue
      this.#show([row, ...moves])
      row = {}
    }
    this.#show([row])
  }

  /** The user service holds back its answer until all callers but one are refused, in all processes. */
  async #callTogether() {
    const start = performance.now()
    await this.#stage.order('hold', KIND)
    const calls = [...PROCESSES.keys()].flatMap((process) =>
      Array.from({ length: CALLERS }, () => this.#stage.call(KIND, process)),
    )
    const refused = await firstRefused(calls, PATIENCE)
    this.#show([...(await this.#moves()), crowdRow(refused)])
    await sleep(Math.max(0, start + PROBE_TIME - performance.now()))
    await this.#stage.order('release', KIND)
    const results = await Promise.all(calls)
    this.crowds.push(results.map(({ id }) => id))
    const probes = results.filter((result) => result.outcome !== 'refused')
    const rows = probes.map((result) => ({ [result.client]: [probe(result)] }))
    this.#show([...rows, ...(await this.#moves())])
  }

  /** @param {readonly Cells[]} rows */
  #show(rows) {
    for (const row of rows) this.#stage.show(row)
  }

  /** Returns the rows that show how the circuit moved. */
  async #moves() {
    const news = await this.transitions.news()
    if (news.flat().some(({ to }) => to === 'opened')) this.#dueAt = performance.now() + TTL * 1000
    if (news.flat().some(({ to }) => to === 'closed')) this.#dueAt = Infinity
    return transitionRows(news)
  }
}

/** @param {readonly Call[]} refused */
function crowdRow(refused) {
  /** @param {number} process */
  const refusals = (process) => refused.filter(({ client }) => client === process).length
  const cells = [...PROCESSES.keys()].map((process) => [crowd(CALLERS - refusals(process))])
  return Object.fromEntries(cells.entries())
}
