/** The last scene: an operator tries the rule in a dry run, enforces it, and forces the circuit open. */
import { setTimeout as sleep } from 'node:timers/promises'
import { BEAT } from '../settings.mjs'
import { isRefused, isSpared } from '../summary.mjs'
import { force, outcome, probe, spared, transitionRows } from './cells.mjs'
import { KIND, OPERATOR, PROCESSES } from './settings.mjs'
import { typed } from './terminal.mjs'
import { Transitions } from './transitions.mjs'

/**
 * @import { ForcedState } from 'axios-breaker'
 * @import { Arm, Call } from '../arm.mjs'
 * @import { Cell } from '../cells.mjs'
 * @import { Cells, Timeline } from '../timeline.mjs'
 * @import { Terminal } from './terminal.mjs'
 *
 * @typedef {Call & { phase: string }} OperatorCall
 */

const { by, trial, reason, lasts } = OPERATOR
const DRY_RUN = ['close', KIND, '--for', '10m', '--by', by, '--reason', trial]
const ENFORCED = ['release', KIND]
/** Up to the lanes. */
const INDENT = 9
const MAINTENANCE = ['open', KIND, '--for', `${lasts}s`, '--by', by, '--reason', reason]

export class Operator {
  #arm
  #terminal
  #timeline
  #transitions
  #phase = 'dry run'
  /** @type {OperatorCall[]} */
  #calls = []

  /**
   * @param {Arm} arm
   * @param {Terminal} terminal
   * @param {Timeline} timeline
   */
  constructor(arm, terminal, timeline) {
    this.#arm = arm
    this.#terminal = terminal
    this.#timeline = timeline
    this.#transitions = new Transitions(arm)
  }

  /** @returns every call of the scene, with its phase */
  async play() {
    await this.#transitions.news()
    await this.#type(DRY_RUN, 'closed')
    await this.#behave('breaks')
    await this.#turnsUntil((calls) => calls.filter(isSpared).length >= 6)

    this.#phase = 'enforced'
    await this.#type(ENFORCED)
    await this.#turnsUntil((calls) => calls.some(isRefused))
    await this.#behave('recovers')
    await this.#turnsUntil(everyAnswered)

    this.#phase = 'maintenance'
    await this.#type(MAINTENANCE, 'opened', true)
    await this.#turn()
    this.#timeline.say(`${' '.repeat(INDENT)}${this.#refusal()?.message}`)
    // Nobody calls shortly before the end: it would depend on the machine who is refused.
    await this.#turnsUntil(() => (this.#refusal()?.retryAfter ?? 0) * 1000 <= 2 * BEAT)
    await this.#hear(undefined, 'time is up')

    this.#phase = 'afterwards'
    await this.#turnsUntil(everyAnswered)
    this.#timeline.flush()
    return this.#calls
  }

  /** @returns the last call, if it was refused */
  #refusal() {
    const last = this.#calls.at(-1)
    return last && isRefused(last) ? last : undefined
  }

  /**
   * @param {readonly string[]} args
   * @param {ForcedState} [state]
   * @param {boolean} [isForOperator] whether it waits for somebody to type it
   */
  async #type(args, state, isForOperator = false) {
    this.#timeline.say(`$ ${typed(args)}`)
    const isDone = () => this.#transitions.forced(state)
    if (isForOperator) await this.#terminal.ask(args, isDone)
    else await this.#terminal.run(args)
    await this.#hear(state, 'released')
  }

  /**
   * Waits until every process knows what the circuit is forced to.
   *
   * @param {ForcedState | undefined} state
   * @param {string} end how the force has ended, if it has
   */
  async #hear(state, end) {
    const isHeard = await this.#transitions.forced(state)
    if (!isHeard) throw new Error(`not every process knows that it is ${state ?? end}`)
    this.#show([everyProcess(force(this.#transitions.forces[0], end))])
  }

  /** @param {string} behaviour */
  async #behave(behaviour) {
    await this.#arm.order('behave', behaviour)
    this.#timeline.behave(behaviour)
  }

  /** @param {(calls: readonly OperatorCall[]) => boolean} isEnough given the calls of this phase */
  async #turnsUntil(isEnough) {
    do await this.#turn()
    while (!isEnough(this.#calls.filter(({ phase }) => phase === this.#phase)))
  }

  /** Calls one process after the other. */
  async #turn() {
    const next = performance.now() + BEAT
    /** @type {Record<number, Cell[]>} */
    let row = {}
    for (const process of PROCESSES.keys()) {
      row[process] = [await this.#call(process)]
      const moves = transitionRows(await this.#transitions.news())
      if (moves.length === 0) continue
      this.#show([row, ...moves])
      row = {}
    }
    this.#show([row])
    await sleep(Math.max(0, next - performance.now()))
  }

  /** @param {number} client */
  async #call(client) {
    const state = this.#transitions.stateOf(client)
    // On a busy machine, a call may come after the end of the force. It proves nothing about it.
    const phase = this.#transitions.isOver(client) ? 'at the end' : this.#phase
    const id = `operator-${this.#calls.length}`
    const result = await this.#arm.call(KIND, id, phase, client)
    this.#calls.push({ ...result, phase })
    if (result.outcome === 'failed' && result.wasSpared) return spared(result)
    const wasProbe = this.#phase !== 'dry run' && state === 'opened' && !isRefused(result)
    return wasProbe ? probe(result) : outcome(result, state)
  }

  /** @param {readonly Cells[]} rows */
  #show(rows) {
    for (const row of rows) this.#timeline.tick(row)
  }
}

/** @param {readonly OperatorCall[]} calls */
function everyAnswered(calls) {
  return PROCESSES.every((_, process) => {
    return calls.some(({ client, outcome: end }) => client === process && end === 'answered')
  })
}

/** @param {Cell} cell */
function everyProcess(cell) {
  return Object.fromEntries(PROCESSES.map((_, process) => [process, [cell]]))
}
