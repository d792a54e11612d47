/** One run of redis-server. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { requireProgram } from './programs.mjs'

const READY = /Ready to accept connections|Sentinel ID is/
const TAKEN = /Address already in use/

export class RedisProcess {
  #child
  #exit
  #output = ''

  /**
   * @param {string} folder where it runs, with its redis.conf
   * @param {string[]} args
   */
  constructor(folder, args) {
    this.#child = spawn(requireProgram('redis-server'), ['redis.conf', ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exit = once(this.#child, 'close')
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (text) => (this.#output += text))
    }
  }

  get pid() {
    return this.#child.pid
  }

  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** @returns {Promise<boolean>} true once it answers, false if its port was taken */
  async ready() {
    const isReady = () => READY.test(this.#output)
    while (!isReady() && this.isRunning) {
      await Promise.race([once(this.#child.stdout, 'data'), this.#exit])
    }
    if (isReady()) return true
    await this.#exit
    if (TAKEN.test(this.#output)) return false
    throw new Error(`redis-server ended early:\n${this.#output}`)
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child.kill(signal)
  }

  async kill() {
    this.signal('SIGKILL')
    await this.#exit
  }
}
