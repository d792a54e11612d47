/** The service that a fleet calls. The benchmark can make it fail, and it counts its requests. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */

export class Upstream {
  /** Whether it answers 500 to all paths, and not only to `/down`. */
  isDown = false
  /** Milliseconds before it answers. */
  delay = 0
  /** The part of its answers that are errors, by chance. */
  errors = 0
  hits = 0
  /** The answers that were errors. */
  failures = 0
  /** The highest number of requests in flight. */
  most = 0
  #inFlight = 0
  #server = createServer((request, response) => void this.#answer(request, response))

  static async start() {
    const upstream = new Upstream()
    upstream.#server.listen(0, '127.0.0.1')
    await once(upstream.#server, 'listening')
    return upstream
  }

  get origin() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address())
    return `http://127.0.0.1:${port}`
  }

  /** @param {{ isDown: boolean, delay?: number, errors?: number }} options */
  behave({ isDown, delay = 0, errors = 0 }) {
    this.isDown = isDown
    this.delay = delay
    this.errors = errors
    this.reset()
  }

  reset() {
    this.hits = 0
    this.failures = 0
    this.most = 0
  }

  stop() {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #answer(request, response) {
    this.hits += 1
    this.#inFlight += 1
    this.most = Math.max(this.most, this.#inFlight)
    if (this.delay > 0) await sleep(this.delay)
    const fails = this.isDown || request.url === '/down' || Math.random() < this.errors
    if (fails) this.failures += 1
    response.writeHead(fails ? 500 : 200)
    response.end('{}')
    this.#inFlight -= 1
  }
}
