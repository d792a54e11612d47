/** A real TCP proxy on the loopback, before a port of the loopback: a network that can be troubled. */
import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST, freePort, listen } from './ports.mjs'

export class TcpProxy {
  /** Milliseconds that a round trip takes longer: bytes wait for half of it on each way. */
  delay = 0
  port = 0
  #targetPort
  #server
  #sockets = new Set()
  #flow = Promise.resolve()
  #release = () => undefined

  constructor(targetPort) {
    this.#targetPort = targetPort
  }

  /** @param {number} targetPort */
  static async start(targetPort) {
    const proxy = new TcpProxy(targetPort)
    proxy.port = await freePort()
    await proxy.accept()
    return proxy
  }

  /** Open connections from clients. */
  get connections() {
    return this.#sockets.size / 2
  }

  /** Listens again, on the same port. */
  async accept() {
    if (this.#server) return
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client))
    await listen(this.#server, this.port)
  }

  /** Refuses new connections; those that are there stay. */
  refuse() {
    this.#server?.close()
    this.#server = undefined
  }

  /** Ends all connections, at once. */
  cut() {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Keeps every byte back, as does a cable that is unplugged: connections stay. */
  pause() {
    this.resume()
    this.#flow = new Promise((resolve) => (this.#release = resolve))
  }

  /** Lets the bytes go, those that were kept back too. */
  resume() {
    this.#release()
  }

  stop() {
    this.refuse()
    this.cut()
    this.resume()
  }

  #join(client) {
    const target = connect({ port: this.#targetPort, host: HOST, allowHalfOpen: true })
    this.#carry(client, target)
    this.#carry(target, client)
  }

  /** Each part waits for what went before it, so that none overtakes another when the delay changes. */
  #carry(from, to) {
    let way = Promise.resolve()
    const later = (deliver) => {
      way = Promise.all([way, this.#wait()]).then(() => this.#flow.then(deliver))
    }
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (part) => later(() => to.write(part)))
    from.on('end', () => later(() => to.end()))
    // A close follows, and the other side will see one too.
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      later(() => to.destroy())
    })
  }

  async #wait() {
    if (this.delay > 0) await sleep(this.delay / 2, undefined, { ref: false })
  }
}
