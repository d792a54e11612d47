/** The story: the user service answers, breaks, hangs and comes back, while callers go on calling. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Lane } from './lane.mjs'
import { BEAT, CIRCUITS } from './settings.mjs'

export class Story {
  lanes
  #guarded
  #bare
  #timeline
  #behaviour = 'answers'
  #calls = 0

  constructor({ guarded, bare, timeline }) {
    this.#guarded = guarded
    this.#bare = bare
    this.#timeline = timeline
    this.lanes = Object.keys(CIRCUITS).map((kind) => new Lane(kind, this))
  }

  async play() {
    const all = (condition) => this.lanes.every(condition)
    await this.#act('answers', { beats: 4 }, () => true)
    await this.#act('breaks', { beats: 1 }, () => all(({ state }) => state !== 'closed'))
    const failedProbe = 'half-opened → opened'
    await this.#act('hangs', { beats: 0 }, () =>
      all(({ history }) => history.includes(failedProbe)),
    )
    await this.#act('recovers', { beats: 3 }, () => all(({ state }) => state === 'closed'))
    this.#timeline.flush()
  }

  /** Both client services get the same call at the same moment; only the guarded one is waited for. */
  call(kind) {
    this.#calls += 1
    const id = `call-${this.#calls}`
    void this.#bare.call(kind, id, this.#behaviour)
    return this.#guarded.call(kind, id, this.#behaviour)
  }

  /** Both user services do the same. */
  async order(command, argument) {
    await Promise.all([this.#guarded, this.#bare].map((arm) => arm.order(command, argument)))
  }

  show(kind, cells) {
    this.#timeline.tick({ [kind]: cells })
  }

  /** Plays until the condition holds, and some beats more. */
  async #act(behaviour, { beats }, done) {
    if (this.#behaviour !== 'hangs') await this.#bare.settled()
    await this.order('behave', behaviour)
    this.#behaviour = behaviour
    this.#timeline.behave(behaviour)
    let left = beats
    while (!done() || left > 0) {
      if (done()) left -= 1
      await this.#beat()
    }
  }

  async #beat() {
    const next = performance.now() + BEAT
    const steps = await Promise.all(this.lanes.map((lane) => lane.step()))
    this.#timeline.tick(Object.fromEntries(this.lanes.map(({ kind }, i) => [kind, steps[i]])))
    await sleep(Math.max(0, next - performance.now()))
  }
}
