/** A place in the fleet: one process after another, each behind the same proxy to Redis. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'

export class Slot {
  /** Its place, by which the upstream knows it. */
  slot
  /** Of the process that runs. */
  name = ''
  proxy
  isThick
  #settings
  #child
  #incarnation = 0
  #log
  #folder

  constructor(slot, { isThick, settings, folder, log }) {
    this.slot = slot
    this.isThick = isThick
    this.#settings = settings
    this.#folder = folder
    this.#log = log
  }

  async open(redisPort) {
    this.proxy = await TcpProxy.start(redisPort)
    await this.spawn()
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
    const child = fork(
      join(import.meta.dirname, 'worker-process.mjs'),
      [JSON.stringify(settings)],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    )
    this.name = name
    this.#child = child
    this.#log({ k: 'spawn', name, isThick: this.isThick, pid: child.pid })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => this.#log({ k: 'printed', name, text }))
    }
    child.on('error', () => undefined)
    child.on('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined
      this.#log({ k: 'exit', name, code, signal })
    })
    await Promise.race([once(child, 'message'), once(child, 'exit')])
  }

  signal(signal) {
    this.#child?.kill(signal)
  }

  send(message) {
    if (this.#child?.connected) this.#child.send(message, () => undefined)
  }

  /** Ends traffic, and waits until the process has exited by itself; after so many seconds it is killed. */
  async end(closes, seconds) {
    const child = this.#child
    if (!child) return
    this.#log({ k: 'asked to end', name: this.name, closes })
    this.send({ command: 'end', closes })
    const kill = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    clearTimeout(kill)
  }

  stop() {
    this.signal('SIGKILL')
    this.proxy?.stop()
  }
}
