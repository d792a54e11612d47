/** A breaker whose services behave as the spec says, and its status page on a real server. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import axios, { type AxiosInstance } from 'axios'
import {
  CircuitBreaker,
  type Circuit,
  type CircuitBreakerOptions,
  type CircuitOptions,
} from '../../lib/index.js'
import { statusPage, type StatusPage, type StatusPageOptions } from '../../lib/status-page/index.js'
import { Upstream } from './upstream.js'

/** A real server on the loopback. */
export class Host {
  readonly server: Server
  readonly port: number

  private constructor(server: Server) {
    this.server = server
    const address = server.address()
    this.port = typeof address === 'object' && address ? address.port : 0
  }

  /** @param port default: a free one */
  static async start(listener: RequestListener, port = 0): Promise<Host> {
    const server = createServer(listener)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new Host(server)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return
    this.server.close()
    this.server.closeAllConnections()
    await once(this.server, 'close')
  }
}

export class Hosted {
  readonly breaker: CircuitBreaker
  readonly page: StatusPage
  readonly url: string
  host: Host
  readonly #upstream: Upstream
  readonly #instances = new Map<string, AxiosInstance>()

  private constructor(breaker: CircuitBreaker, page: StatusPage, host: Host, upstream: Upstream) {
    this.breaker = breaker
    this.page = page
    this.host = host
    this.url = host.url
    this.#upstream = upstream
  }

  static async start(
    options: CircuitBreakerOptions = {},
    pageOptions?: StatusPageOptions,
  ): Promise<Hosted> {
    const breaker = new CircuitBreaker({ threshold: 2, ttl: 30, ...options })
    const page = statusPage(breaker, pageOptions)
    return new Hosted(breaker, page, await Host.start(page), await Upstream.start())
  }

  attach(name: string, options?: CircuitOptions): Circuit {
    const instance = axios.create({ baseURL: this.#upstream.origin })
    this.#instances.set(name, instance)
    return this.breaker.attach(instance, name, options)
  }

  /** Sends a request through the circuit, and ignores its result. */
  async request(name: string, path: string, config: object = {}): Promise<void> {
    await this.#instances
      .get(name)
      ?.get(path, config)
      .catch(() => undefined)
  }

  async open(name: string): Promise<void> {
    while (this.breaker.circuit(name)?.state !== 'opened') await this.request(name, '/status/500')
  }

  async stop(): Promise<void> {
    this.page.close()
    await this.breaker.close()
    await this.host.stop()
    await this.#upstream.stop()
  }
}
