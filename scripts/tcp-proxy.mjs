/** A real TCP proxy on the loopback, before a port of the loopback: a network that can be troubled. */
import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST, freePort, listen } from './ports.mjs'

/** @typedef {import('node:net').Server} Server */
/** @typedef {import('node:net').Socket} Socket */

export class TcpProxy {
  /** Milliseconds that a round trip takes longer: bytes wait for half of it on each way. */
  delay = 0
  port = 0
  /** Of the server that new connections lead to. */
  targetPort
  /** @type {Server | undefined} */
  #server
  /** @type {Set<Socket>} */
  #sockets = new Set()
  /**
   * Those whose bytes are lost.
   *
   * @type {WeakSet<Socket>}
   */
  #silent = new WeakSet()
  /**
   * Of each socket, the one of its connection that leads to the server.
   *
   * @type {WeakMap<Socket, Socket>}
   */
  #targets = new WeakMap()
  #flow = Promise.resolve()
  /** @type {() => void} */
  #release = () => undefined

  /** @param {number} targetPort */
  constructor(targetPort) {
    this.targetPort = targetPort
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

  /**
   * Loses from here on whatever the open connections send, their ends too, as does a machine that is gone:
   * nobody is told. New connections work.
   *
   * @param {number[]} [ports] of the connections as the server sees them; all if left out
   */
  silence(ports) {
    for (const socket of this.#sockets) {
      const localPort = this.#targets.get(socket)?.localPort ?? 0
      if (!ports || ports.includes(localPort)) this.#silent.add(socket)
    }
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

  /** @param {Socket} client */
  #join(client) {
    const target = connect({ port: this.targetPort, host: HOST, allowHalfOpen: true })
    for (const socket of [client, target]) this.#targets.set(socket, target)
    this.#carry(client, target)
    this.#carry(target, client)
  }

  /**
   * Each part waits for what went before it, so that none overtakes another when the delay changes.
   *
   * @param {Socket} from
   * @param {Socket} to
   */
  #carry(from, to) {
    /** @type {Promise<unknown>} */
    let way = Promise.resolve()
    /** @param {() => unknown} deliver */
    const later = (deliver) => {
      const carry = () => this.#silent.has(from) || deliver()
      way = Promise.all([way, this.#wait()]).then(() => this.#flow.then(carry))
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
