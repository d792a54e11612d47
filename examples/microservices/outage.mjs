/** Makes two minutes of steady traffic with an outage in the middle, for the pictures. */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../scripts/until.mjs'

/** In milliseconds. */
const PACE = 200
const BEFORE = 30_000
const AFTER = 40_000
const PROBE = 4

const USERNAMES = ['naruto', 'hinata', 'naruto', 'naruto', 'hinata', 'gaara']

export class Outage {
  #origins
  #users
  #calls = 0
  #isOver = false
  /**
   * The status of the last answer.
   *
   * @type {number | undefined}
   */
  #last

  /** @param {Record<string, number>} ports as in settings.mjs */
  constructor(ports) {
    this.#origins = ['notification-1', 'notification-2'].map((name) => origin(ports[name]))
    this.#users = origin(ports.user)
  }

  /** @param {() => Promise<void>} whileOpened runs in the middle of the outage */
  async play(whileOpened) {
    const traffic = this.#traffic()
    await sleep(BEFORE)
    await this.#break()
    await whileOpened()
    await this.#recover()
    await sleep(AFTER)
    this.#isOver = true
    await traffic
  }

  async #traffic() {
    const calls = []
    while (!this.#isOver) {
      calls.push(this.#call(USERNAMES[this.#calls % USERNAMES.length]))
      await sleep(PACE)
    }
    await Promise.all(calls)
  }

  /** Notifies Sasuke until the circuit opens, whatever requests succeed in between. */
  async #break() {
    while ((await this.#call('sasuke')) !== 503) continue
    // Wait for the next probe.
    await this.#slowDown(PROBE)
  }

  async #recover() {
    await until('the probe has passed', () => this.#last === 202, 60)
    await this.#slowDown(0)
  }

  /** @param {number} seconds */
  async #slowDown(seconds) {
    await fetch(`${this.#users}/delay/${seconds}`, { method: 'PUT' })
  }

  /**
   * @param {string} username
   * @returns the status of the answer
   */
  async #call(username) {
    const url = `${this.#origins[this.#calls++ % this.#origins.length]}/notifications`
    const body = new URLSearchParams({ username, message: 'Hello' })
    const { status } = await fetch(url, { method: 'POST', body })
    this.#last = status
    return status
  }
}

/** @param {number} port */
const origin = (port) => `http://127.0.0.1:${port}`
