/**
 * @import { Arm } from './arm.mjs'
 * @import { Kind } from './settings.mjs'
 * @import { Cells, Timeline } from './timeline.mjs'
 */

/** The stage of the story: two arms that get the same calls at the same moments, and a timeline. */
export class Stage {
  #watched
  #compared
  #timeline
  #behaviour = 'answers'
  #calls = 0

  /**
   * @param {Arm} watched
   * @param {Arm} compared
   * @param {Timeline} timeline
   */
  constructor(watched, compared, timeline) {
    this.#watched = watched
    this.#compared = compared
    this.#timeline = timeline
  }

  /** What both user services do now. */
  get behaviour() {
    return this.#behaviour
  }

  /**
   * Waits only for the arm that is watched.
   *
   * @param {Kind} kind
   * @param {number} [client]
   */
  call(kind, client) {
    this.#calls += 1
    const id = `call-${this.#calls}`
    void this.#compared.call(kind, id, this.#behaviour, client)
    return this.#watched.call(kind, id, this.#behaviour, client)
  }

  /**
   * Both user services do the same.
   *
   * @param {Parameters<Arm['order']>[0]} command
   * @param {string} argument
   */
  async order(command, argument) {
    await Promise.all([this.#watched, this.#compared].map((arm) => arm.order(command, argument)))
  }

  /** @param {Kind} kind */
  events(kind) {
    return this.#watched.events(kind)
  }

  /** @param {Cells} cells */
  show(cells) {
    this.#timeline.tick(cells)
  }

  /**
   * Plays beats until the condition holds, and some more.
   *
   * @param {string} behaviour
   * @param {{ beats: number, done: () => boolean, beat: () => Promise<void> }} act
   */
  async act(behaviour, { beats, done, beat }) {
    if (this.#behaviour !== 'hangs') await this.#compared.settled()
    await this.order('behave', behaviour)
    this.#behaviour = behaviour
    this.#timeline.behave(behaviour)
    let left = beats
    while (!done() || left > 0) {
      if (done()) left -= 1
      await beat()
    }
  }

  end() {
    this.#timeline.flush()
  }
}
