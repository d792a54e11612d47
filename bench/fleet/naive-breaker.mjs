/**
 * A breaker that keeps its circuit in Redis and nothing in the process, like the Python original. It reads
 * state and count before each request, counts failures by INCR and writes transitions by SET. To be
 * fair to it, it sends both reads at once, and decides by INCR's answer. It may cache a closed circuit.
 */
import { createClient } from 'redis'

/** @typedef {{ threshold: number, ttl: number, cacheMs?: number }} NaiveOptions */

/** @param {string} url */
const clientOf = (url) => createClient({ url })

export class NaiveRefusal extends Error {}

export class NaiveBreaker {
  #client
  #keys
  #threshold
  #ttlMs
  #cacheMs
  /** The last reading of a closed circuit, and its time. */
  #closed = { failures: 0, readAt: -Infinity }

  /**
   * @param {ReturnType<typeof clientOf>} client
   * @param {string} name
   * @param {NaiveOptions} options
   */
  constructor(client, name, { threshold, ttl, cacheMs = 0 }) {
    this.#client = client
    this.#keys = { state: `naive:${name}`, count: `naive:${name}:failures` }
    this.#threshold = threshold
    this.#ttlMs = ttl * 1000
    this.#cacheMs = cacheMs
  }

  /**
   * @param {string} url
   * @param {string} name
   * @param {NaiveOptions} options
   */
  static async connect(url, name, options) {
    const client = clientOf(url)
    client.on('error', () => undefined)
    await client.connect()
    return new NaiveBreaker(client, name, options)
  }

  /**
   * @template T
   * @param {() => Promise<T>} send
   */
  async call(send) {
    const { isProbe, failures } = await this.#admit()
    try {
      const response = await send()
      if (isProbe) await this.#close()
      else if (failures > 0) await this.#reset()
      return response
    } catch (error) {
      if (isProbe) await this.#open()
      else await this.#countFailure()
      throw error
    }
  }

  destroy() {
    this.#client.destroy()
  }

  async #admit() {
    const { failures: known, readAt } = this.#closed
    if (performance.now() - readAt < this.#cacheMs) return { isProbe: false, failures: known }
    const keys = [this.#keys.state, this.#keys.count]
    const [openedAt, failures] = await Promise.all(keys.map((key) => this.#client.get(key)))
    const isOpened = Number(openedAt) > 0
    if (isOpened && Date.now() <= Number(openedAt) + this.#ttlMs) throw new NaiveRefusal('opened')
    if (!isOpened) this.#closed = { failures: Number(failures), readAt: performance.now() }
    return { isProbe: isOpened, failures: Number(failures) }
  }

  async #countFailure() {
    this.#closed = { failures: 0, readAt: -Infinity }
    if ((await this.#client.incr(this.#keys.count)) >= this.#threshold) await this.#open()
  }

  async #reset() {
    this.#closed.failures = 0
    await this.#client.set(this.#keys.count, '0')
  }

  #open() {
    return this.#client.set(this.#keys.state, String(Date.now()))
  }

  async #close() {
    await this.#client.set(this.#keys.state, '0')
    await this.#client.set(this.#keys.count, '0')
  }
}
