/**
 * The story: the user service answers, breaks, hangs and comes back, and then fails every other request for a
 * while, and callers go on calling.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Lane } from './lane.mjs'
import { BEAT, KINDS } from './settings.mjs'

/** @import { Stage } from './stage.mjs' */

export class Story {
  lanes
  #stage

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage
    this.lanes = KINDS.map((kind) => new Lane(kind, stage))
  }

  async play() {
    /** @type {(condition: (lane: Lane) => boolean) => () => boolean} */
    const all = (condition) => () => this.lanes.every(condition)
    const failedProbe = 'half-opened → opened'
    await this.#act('answers', 4, () => true)
    await this.#act(
      'breaks',
      1,
      all(({ state }) => state !== 'closed'),
    )
    await this.#act(
      'hangs',
      0,
      all(({ history }) => history.includes(failedProbe)),
    )
    const isClosed = all(({ state }) => state === 'closed')
    await this.#act('recovers', 3, isClosed)
    await this.#act('falters', 2, () => this.lanes.some(({ causes }) => causes.includes('rate')))
    await this.#act('recovers', 3, isClosed)
    this.#stage.end()
  }

  /**
   * @param {string} behaviour
   * @param {number} beats
   * @param {() => boolean} done
   */
  async #act(behaviour, beats, done) {
    await this.#stage.act(behaviour, { beats, done, beat: () => this.#beat() })
  }

  async #beat() {
    const next = performance.now() + BEAT
    const steps = await Promise.all(this.lanes.map((lane) => lane.step()))
    this.#stage.show(Object.fromEntries(this.lanes.map(({ kind }, i) => [kind, steps[i]])))
    await sleep(Math.max(0, next - performance.now()))
  }
}
