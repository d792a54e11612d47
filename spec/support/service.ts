/** The service that a fleet calls. It records who called when, and how many requests it had at once. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clock as machineClock } from './machine-clock.mjs'

/** A status, at once or later. */
type Answer = number | Promise<number>

export interface Arrival {
  /** The path without its slash, which is different for each process. */
  readonly from: string
  /** Seconds of the machine's monotonic clock, as in the events of processes. */
  readonly at: number
  /** Milliseconds of the machine's wall clock, as in Redis. */
  readonly date: number
  /** As `at`; undefined until the service answers. */
  answeredAt?: number
}

export interface Held {
  readonly from: string
  answer(status: number): void
}

export class Service {
  readonly arrivals: Arrival[] = []
  /** Requests that the service holds and has not answered yet. */
  held: Held[] = []
  /** The highest number of requests at the same time. */
  most = 0
  answer: (from: string) => Answer = () => 200
  /** Of each answer, beside its type. */
  headers: Readonly<Record<string, string>> = {}
  readonly #open = new Set<ServerResponse>()
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Service> {
    // It never closes idle connections: a request that is on its way would fail.
    const server = createServer({ keepAliveTimeout: 0 })
    const service = new Service(server)
    server.on('request', ({ url = '' }, response) => void service.#serve(url.slice(1), response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return service
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  /** Requests that it has now, without those whose sender is gone. */
  get inFlight(): number {
    return this.#open.size
  }

  /** For `answer`: holds the request until the spec releases it. */
  readonly hold = (from: string): Promise<number> =>
    new Promise((answer) => this.held.push({ from, answer }))

  /** Answers all requests that it holds. */
  release(status: number): void {
    for (const held of this.held.splice(0)) held.answer(status)
  }

  forget(): void {
    this.arrivals.length = 0
    this.held = []
    this.most = this.inFlight
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  async #serve(from: string, response: ServerResponse): Promise<void> {
    this.#open.add(response)
    this.most = Math.max(this.most, this.inFlight)
    response.on('close', () => this.#open.delete(response))
    const arrival: Arrival = { from, at: clock(), date: Date.now() }
    this.arrivals.push(arrival)
    const status = await this.answer(from)
    arrival.answeredAt = clock()
    // Do not wait for the close: the server may learn of it after the client has sent its next request.
    this.#open.delete(response)
    response.writeHead(status, { 'content-type': 'application/json', ...this.headers })
    response.end('{}')
  }
}

/** The difference between the clock of this process and the machine's. */
const ORIGIN = machineClock() - performance.now() / 1000
const clock = (): number => performance.now() / 1000 + ORIGIN
