/** A real HTTP server on the loopback. The path of a request says how it behaves or misbehaves. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

type Handler = (response: ServerResponse, argument: string, request: IncomingMessage) => void

const PART = 'the first part of a body that never'

const ROUTES: Readonly<Record<string, Handler>> = {
  status: (response, code) => answer(response, Number(code), `{"status":${code}}`),
  redirect: (response, code) => redirect(response, `/status/${code}`),
  loop: (response) => redirect(response, '/loop'),
  // Redirects to the URL in the path, which is encoded.
  away: (response, location) => redirect(response, decodeURIComponent(location)),
  zero: (response) =>
    void response.socket?.end(
      'HTTP/1.1 000 Nothing\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    ),
  text: (response) => answer(response, 200, 'this is no {json'),
  big: (response) => answer(response, 200, 'x'.repeat(10_000)),
  hang: () => undefined,
  // Sends headers and a part of the body, and then nothing for ever.
  stall: (response, code) => {
    response.writeHead(Number(code || 200), { 'content-length': 1000 })
    response.write(PART)
  },
  // Sends a byte now and then, for so many milliseconds.
  drip: (response, milliseconds) => {
    const end = performance.now() + Number(milliseconds)
    const timer = setInterval(() => {
      if (performance.now() < end && !response.destroyed) response.write('x')
      else {
        clearInterval(timer)
        response.end()
      }
    }, 20)
  },
  // Sends headers and a part of the body, and then breaks the connection.
  cut: (response, code) => {
    response.writeHead(Number(code || 200), { 'content-length': 1000 })
    response.write(PART, () => setImmediate(() => response.socket?.destroy()))
  },
  gzip: (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end('not compressed at all')
  },
  reset: (response) => response.socket?.resetAndDestroy(),
  close: (response) => response.socket?.destroy(),
  garbage: (response) => response.socket?.end('this is not HTTP\r\n\r\n'),
}

export class Upstream {
  /** The number of requests that arrived. */
  hits = 0
  /** Overrides the path if it is set. */
  status: number | undefined
  /** Requests to /hold in the order of their arrival, until they are released. */
  readonly held: ServerResponse[] = []
  readonly #server: Server
  readonly #origin: string

  private constructor(server: Server, origin: string) {
    this.#server = server
    this.#origin = origin
  }

  /**
   * @param options.keepAlive keeps connections for further requests. Default: false, so that each reset
   *   hits a new connection, and counts
   */
  static async start({ keepAlive = false } = {}): Promise<Upstream> {
    const server = createServer()
    if (!keepAlive) server.maxRequestsPerSocket = 1
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const upstream = new Upstream(server, `http://127.0.0.1:${port}`)
    server.on('request', (request, response) => upstream.#serve(request, response))
    return upstream
  }

  get origin(): string {
    return this.#origin
  }

  /** Answers the request that has been held longest. */
  release(status: number): void {
    const response = this.held.shift()
    if (response) answer(response, status, '{}')
  }

  /** Closes idle connections, as servers do after a while. */
  closeIdle(): void {
    this.#server.closeIdleConnections()
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.hits += 1
    request.resume()
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    const [, route = '', argument = ''] = (request.url ?? '').split(/[/?]/)
    if (this.status !== undefined) return answer(response, this.status, '{}')
    if (route === 'hold') return void this.held.push(response)
    const handler = ROUTES[route] ?? ((other: ServerResponse) => answer(other, 200, '{}'))
    handler(response, argument, request)
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(status === 204 || status === 304 ? undefined : body)
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location })
  response.end()
}
