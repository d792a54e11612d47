/**
 * A breaker that keeps its circuit in Redis and nothing in the process, in the manner of the Python
 * original: state and count are read before each request, failures counted by INCR, transitions
 * written by SET. In its favour: both reads go out at once, and INCR's answer decides.
 */
import { createClient } from 'redis'

export class NaiveRefusal extends Error {}

export class NaiveBreaker {
  #client
  #keys
  #threshold
  #ttlMs

  constructor(client, name, { threshold, ttl }) {
    this.#client = client
    this.#keys = { state: `naive:${name}`, count: `naive:${name}:failures` }
    this.#threshold = threshold
    this.#ttlMs = ttl * 1000
  }

  static async connect(url, name, options) {
    const client = createClient({ url })
    client.on('error', () => undefined)
    await client.connect()
    return new NaiveBreaker(client, name, options)
  }

  async call(send) {
    const { isProbe, failures } = await this.#admit()
    try {
      const response = await send()
      if (isProbe) await this.#close()
      else if (failures > 0) await this.#client.set(this.#keys.count, '0')
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
    const keys = [this.#keys.state, this.#keys.count]
    const [openedAt, failures] = await Promise.all(keys.map((key) => this.#client.get(key)))
    const isOpened = Number(openedAt) > 0
    if (isOpened && Date.now() <= Number(openedAt) + this.#ttlMs) throw new NaiveRefusal('opened')
    return { isProbe: isOpened, failures: Number(failures) }
  }

  async #countFailure() {
    if ((await this.#client.incr(this.#keys.count)) >= this.#threshold) await this.#open()
  }

  #open() {
    return this.#client.set(this.#keys.state, String(Date.now()))
  }

  async #close() {
    await this.#client.set(this.#keys.state, '0')
    await this.#client.set(this.#keys.count, '0')
  }
}
