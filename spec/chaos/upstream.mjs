/** The service that all processes call. The run sets how it answers each of them. */
import { createServer } from 'node:http'
import { freePort, listen } from '../../scripts/ports.mjs'

/**
 * @import { IncomingMessage, Server, ServerResponse } from 'node:http'
 * @import { DriverRecord, Log, Mode } from './types.js'
 */

export class ChaosUpstream {
  port = 0
  /** The part of healthy requests that fail nevertheless. */
  noise = 0
  /**
   * The mode for all processes. Unless it is `ok`, it overrides the mode of each process.
   *
   * @type {Mode}
   */
  #all = 'ok'
  /** @type {Map<string, Mode>} */
  #modes = new Map()
  /** @type {Server | undefined} */
  #server
  #log

  /** @param {Log<DriverRecord>} log */
  constructor(log) {
    this.#log = log
  }

  /** @param {Log<DriverRecord>} log */
  static async start(log) {
    const upstream = new ChaosUpstream(log)
    upstream.port = await freePort()
    await upstream.#open()
    return upstream
  }

  /**
   * @param {string} target a process's slot, or `all`
   * @param {Mode} mode `refused` for `all` only
   */
  async set(target, mode) {
    if (target === 'all') this.#all = mode
    else this.#modes.set(target, mode)
    this.#log({ k: 'health', target, mode })
    if (this.#all === 'refused') this.stop()
    else await this.#open()
  }

  stop() {
    this.#server?.close()
    this.#server?.closeAllConnections()
    this.#server = undefined
  }

  async #open() {
    if (this.#server) return
    // It never closes an idle connection, because a request that is on its way would fail.
    this.#server = createServer({ keepAliveTimeout: 0 }, (...exchange) => this.#serve(...exchange))
    await listen(this.#server, this.port)
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  #serve(request, response) {
    const { url = '' } = request
    const slot = url.slice(1)
    const mode = this.#all === 'ok' ? (this.#modes.get(slot) ?? 'ok') : this.#all
    this.#log({ k: 'arrival', slot, mode })
    request.resume()
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    if (mode === 'hang') return
    if (mode === 'reset') {
      request.socket.destroy()
      return
    }
    const fails = mode === 'error' || Math.random() < this.noise
    response.writeHead(fails ? 500 : 200, { 'content-type': 'application/json' })
    response.end('{}')
  }
}
