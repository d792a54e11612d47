/** A group of servers that are started and stopped together. */
import { RedisServer } from './redis-server.mjs'

export class RedisGroup {
  /** @type {RedisServer[]} */
  servers = []

  /**
   * Starts servers. If one fails, the others can still be stopped.
   *
   * @param {import('./redis-server.mjs').RedisOptions[]} options
   */
  async add(...options) {
    const starts = await Promise.allSettled(options.map((option) => RedisServer.start(option)))
    const servers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    this.servers.push(...servers)
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    return servers
  }

  get answering() {
    return this.servers.filter((server) => server.isAnswering)
  }

  anyAnswering() {
    const [server] = this.answering
    if (server) return server
    throw new Error('None of these servers answers')
  }

  /** @param {number | undefined} port */
  at(port) {
    const server = this.servers.find((other) => other.port === port)
    if (server) return server
    throw new Error(`None of these servers has port ${port}`)
  }

  async stop() {
    await Promise.all(this.servers.map((server) => server.stop()))
  }
}

/**
 * Tells whether a condition holds for each of these servers, which may be down or starting.
 *
 * @param {readonly RedisServer[]} servers
 * @param {(server: RedisServer) => Promise<boolean>} condition
 */
export async function every(servers, condition) {
  const answers = await Promise.all(servers.map((server) => condition(server).catch(() => false)))
  return answers.every(Boolean)
}
