/** A real TCP proxy on the loopback, in front of a local port: a network that a spec can disturb. */
import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST, freePort, listen } from './ports.mjs'

/** @typedef {import('node:net').Server} Server */
/** @typedef {import('node:net').Socket} Socket */

export class TcpProxy {
  /** Milliseconds added to each round trip: bytes wait for half of them in each direction. */
  delay = 0
  port = 0
  /** The port of the server to which new connections lead. */
  targetPort
  /** @type {Server | undefined} */
  #server
  /** @type {Set<Socket>} */
  #sockets = new Set()
  /**
   * The sockets whose bytes are lost.
   *
   * @type {WeakSet<Socket>}
   */
  #silent = new WeakSet()
  /**
   * Maps each socket to the one of its connection that leads to the server.
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

  /** The number of open connections from clients. */
  get connections() {
    return this.#sockets.size / 2
  }

  /** Listens again, on the same port. */
  async accept() {
    if (this.#server) return
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client))
    await listen(this.#server, this.port)
  }

  /** Refuses new connections, and keeps the existing ones. */
  refuse() {
    this.#server?.close()
    this.#server = undefined
  }

  /** Ends all connections, at once. */
  cut() {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Holds every byte back and keeps the connections, like an unplugged cable. */
  pause() {
    this.resume()
    this.#flow = new Promise((resolve) => (this.#release = resolve))
  }

  /**
   * Drops from now on everything that the open connections send, even their ends, like a machine that is
   * gone: neither side learns of it. New connections work.
   *
   * @param {number[]} [ports] of the connections as the server sees them; default: all
   */
  silence(ports) {
    for (const socket of this.#sockets) {
      const localPort = this.#targets.get(socket)?.localPort ?? 0
      if (!ports || ports.includes(localPort)) this.#silent.add(socket)
    }
  }

  /** Passes bytes on again, and the ones that were held back first. */
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
   * Each chunk waits for the one before it, so that none overtakes another if the delay changes.
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
    // A close follows, which is passed on to the other side.
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
