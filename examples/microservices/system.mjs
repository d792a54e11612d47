/** Starts the whole example on the loopback, and ends it. */
import { HOST } from '../../scripts/ports.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { Processes } from '../processes.mjs'
import { Prometheus } from './prometheus.mjs'

export class System {
  #ports
  #processes = new Processes(import.meta.url)
  #isStopped = false
  /** @type {(reason: Error) => void} */
  #lose = () => undefined

  /**
   * Rejects if a part ends on its own.
   *
   * @type {Promise<never>}
   */
  lost = new Promise((_, reject) => {
    this.#lose = reject
  })

  /** @param {Record<string, number>} ports as in settings.mjs */
  constructor(ports) {
    this.#ports = ports
    this.#processes.lost.catch((error) => this.#lose(error))
  }

  /**
   * @param {object} options
   * @param {string} [options.ttl] how many seconds the circuit stays opened
   * @param {string} [options.scrapeInterval] how often Prometheus scrapes
   */
  async start({ ttl = '30', scrapeInterval = '1s' } = {}) {
    await this.#processes.keep(RedisServer.start({ port: this.#ports.redis }))
    if (this.#isStopped) throw new Error('it was stopped while it started')
    await Promise.all([
      this.#startService('user-service.mjs', 'user'),
      this.#startService('mail-service.mjs', 'mail', { SMTP_PORT: String(this.#ports.smtp) }),
      this.#startNotifications('notification-1', ttl),
      this.#startNotifications('notification-2', ttl),
      this.#startPrometheus(scrapeInterval),
    ])
  }

  stop() {
    this.#isStopped = true
    return this.#processes.stop()
  }

  /**
   * @param {string} name
   * @param {string} ttl
   */
  #startNotifications(name, ttl) {
    const { user, smtp, redis } = this.#ports
    return this.#startService('notification-service.mjs', name, {
      NAME: name,
      USERS_URL: `http://${HOST}:${user}`,
      SMTP_URL: `smtp://${HOST}:${smtp}`,
      REDIS_URL: `redis://${HOST}:${redis}`,
      TTL: ttl,
    })
  }

  /**
   * @param {string} script
   * @param {string} name of its port
   * @param {Record<string, string>} [variables] added to its environment
   */
  #startService(script, name, variables) {
    const port = String(this.#ports[name])
    return this.#processes.startWith({ PORT: port, HOST, ...variables }, script)
  }

  /** @param {string} interval between two scrapes */
  async #startPrometheus(interval) {
    const ports = this.#ports
    const starting = Prometheus.start({ port: ports.prometheus, ports, interval })
    const prometheus = await this.#processes.keep(starting)
    prometheus.ended().catch((error) => this.#lose(error))
  }
}
