/** Serves a registry over real HTTP, and scrapes it. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Registry, RegistryContentType } from 'prom-client'

type AnyRegistry = Registry<RegistryContentType>

export class Exporter {
  readonly #server: Server
  readonly #url: string

  private constructor(server: Server, url: string) {
    this.#server = server
    this.#url = url
  }

  static async start(registry: AnyRegistry): Promise<Exporter> {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': registry.contentType, connection: 'close' })
      void registry.metrics().then((text) => response.end(text))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    return new Exporter(server, `http://127.0.0.1:${port}/metrics`)
  }

  async text(): Promise<string> {
    return (await fetch(this.#url)).text()
  }

  /** The values of all samples that start with this text, by the rest of their name and labels. */
  async samples(beginning = ''): Promise<Record<string, number>> {
    const lines = (await this.text()).split('\n').filter((line) => line && !line.startsWith('#'))
    const samples = lines.map((line): [string, number] => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    })
    const found = samples.filter(([name]) => name.startsWith(beginning))
    return Object.fromEntries(found.map(([name, value]) => [name.slice(beginning.length), value]))
  }

  async stop(): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
  }
}
