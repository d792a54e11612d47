/** A service on a free loopback port that follows a script, and does in turn what each line of it says. */
import { once } from 'node:events'
import { createServer } from 'node:http'

/** @import { ServerResponse } from 'node:http' */
/** @typedef {readonly [milliseconds: number, behaviour: keyof typeof BEHAVIOURS][]} Script */

/** Requests so far: with the behaviour `falters`, the service fails every other one. */
let requests = 0

/** @satisfies {Record<string, (response: ServerResponse) => unknown>} */
const BEHAVIOURS = {
  answers: (response) => response.end('{}'),
  breaks: (response) => response.writeHead(503).end('{}'),
  falters: (response) => response.writeHead((requests += 1) % 2 === 0 ? 503 : 200).end('{}'),
  dawdles: (response) => setTimeout(() => response.end('{}'), 350),
  hangs: () => undefined,
  resets: (response) => response.socket?.resetAndDestroy(),
}

export class Service {
  origin = ''
  #script
  /** @type {keyof typeof BEHAVIOURS} */
  #behaviour = 'answers'

  /** @param {Script} script */
  constructor(script) {
    this.#script = script
  }

  /** @param {Script} script which is repeated for ever */
  static async start(script) {
    const service = new Service(script)
    const server = createServer((_request, response) => BEHAVIOURS[service.#behaviour](response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    service.origin = `http://127.0.0.1:${port}`
    service.#play(0)
    return service
  }

  /** @param {number} step */
  #play(step) {
    const [time, behaviour] = this.#script[step]
    this.#behaviour = behaviour
    setTimeout(() => this.#play((step + 1) % this.#script.length), time)
  }
}
