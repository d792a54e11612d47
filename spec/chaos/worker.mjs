/** A slot in the fleet: one process after another, each behind the same proxy to Redis. */
import { join } from 'node:path'
import { Running } from '../../scripts/run.mjs'
import { until } from '../../scripts/until.mjs'

/**
 * @import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
 * @import { DriverRecord, Log } from './types.js'
 * @import { Command } from './worker-process.mjs'
 *
 * @typedef {object} SlotOptions
 * @property {boolean} isThick whether its processes send many requests
 * @property {object} settings of each process
 * @property {string} folder for the logs
 * @property {Log<DriverRecord>} log
 */

const WORKER = join(import.meta.dirname, 'worker-process.mjs')
/** Seconds that a process may take to start. */
const START = 120

export class Slot {
  /** Its slot, by which the upstream identifies it. */
  slot
  /** The process that runs now. */
  name = ''
  proxy
  isThick
  #settings
  /** @type {Running | undefined} */
  #child
  #incarnation = 0
  #log
  #folder

  /**
   * @param {string} slot
   * @param {TcpProxy} proxy
   * @param {SlotOptions} options
   */
  constructor(slot, proxy, { isThick, settings, folder, log }) {
    this.slot = slot
    this.proxy = proxy
    this.isThick = isThick
    this.#settings = settings
    this.#folder = folder
    this.#log = log
  }

  get isAlive() {
    return this.#child !== undefined
  }

  async spawn() {
    this.#incarnation += 1
    const name = `${this.slot}.${this.#incarnation}`
    const settings = {
      ...this.#settings,
      slot: this.slot,
      logFile: join(this.#folder, `${name}.jsonl`),
      url: `redis://127.0.0.1:${this.proxy.port}`,
      pause: this.isThick ? 20 : 2000,
    }
    let isReady = false
    const child = new Running(process.execPath, [WORKER, JSON.stringify(settings)], {
      hasChannel: true,
      onMessage: () => (isReady = true),
      onOutput: (text) => this.#log({ k: 'printed', name, text }),
    })
    this.name = name
    this.#child = child
    this.#log({ k: 'spawn', name, isThick: this.isThick, pid: child.pid })
    void this.#noteEnd(name, child)
    await until(`${name} is ready`, () => isReady || !child.isRunning, START)
  }

  /**
   * @param {string} name
   * @param {Running} child
   */
  async #noteEnd(name, child) {
    const { code, signal } = await child.end()
    if (this.#child === child) this.#child = undefined
    this.#log({ k: 'exit', name, code, signal })
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child?.signal(signal)
  }

  /** @param {Command} message */
  send(message) {
    this.#child?.send(message)
  }

  /**
   * Ends traffic, and waits until the process has exited by itself. After so many seconds, kills it.
   *
   * @param {boolean} closes
   * @param {number} seconds
   */
  async end(closes, seconds) {
    const child = this.#child
    if (!child) return
    this.#log({ k: 'asked to end', name: this.name, closes })
    this.send({ command: 'end', closes })
    const kill = setTimeout(() => child.signal('SIGKILL'), seconds * 1000)
    await child.end()
    clearTimeout(kill)
  }

  stop() {
    this.signal('SIGKILL')
    this.proxy.stop()
  }
}
