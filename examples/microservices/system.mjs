/** Starts the whole example on the loopback, and ends it. */
import { HOST } from '../../scripts/ports.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { Processes } from '../processes.mjs'
import { Prometheus } from './prometheus.mjs'

export class System {
  #ports
  #processes = new Processes(import.meta.url)
  #servers = []
  #lose

  /** Rejects when a part ends by itself. */
  lost = new Promise((_, reject) => {
    this.#lose = reject
  })

  /** @param {Record<string, number>} ports as in settings.mjs */
  constructor(ports) {
    this.#ports = ports
    this.#processes.lost.catch(this.#lose)
  }

  /**
   * @param {object} options
   * @param {string} [options.ttl] seconds that the circuit stays opened
   * @param {string} [options.scrapeInterval] of Prometheus
   */
  async start({ ttl = '30', scrapeInterval = '1s' } = {}) {
    this.#servers.push(await RedisServer.start({ port: this.#ports.redis }))
    await Promise.all([this.#startServices(ttl), this.#startPrometheus(scrapeInterval)])
  }

  async stop() {
    await this.#processes.stop()
    await Promise.all(this.#servers.map((server) => server.stop()))
  }

  #startServices(ttl) {
    const { user, mail, smtp, redis } = this.#ports
    const needs = {
      USERS_URL: `http://${HOST}:${user}`,
      SMTP_URL: `smtp://${HOST}:${smtp}`,
      REDIS_URL: `redis://${HOST}:${redis}`,
      TTL: ttl,
    }
    return Promise.all([
      this.#startService('user-service.mjs', user),
      this.#startService('mail-service.mjs', mail, { SMTP_PORT: smtp }),
      this.#startService('notification-service.mjs', this.#ports['notification-1'], needs),
      this.#startService('notification-service.mjs', this.#ports['notification-2'], needs),
    ])
  }

  #startService(script, port, needs = {}) {
    return this.#processes.start(script, { env: { PORT: port, HOST, ...needs } })
  }

  async #startPrometheus(interval) {
    const ports = this.#ports
    const prometheus = await Prometheus.start({ port: ports.prometheus, ports, interval })
    this.#servers.push(prometheus)
    prometheus.ended().catch(this.#lose)
  }
}
