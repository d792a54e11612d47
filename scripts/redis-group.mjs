/** Servers that belong together. */
import { RedisServer } from './redis-server.mjs'

export class RedisGroup {
  /** @type {RedisServer[]} */
  servers = []

  /** Starts servers; one that fails leaves the others to be stopped. */
  async add(...options) {
    const starts = await Promise.allSettled(options.map((option) => RedisServer.start(option)))
    const servers = starts.flatMap(({ value }) => value ?? [])
    this.servers.push(...servers)
    const { reason } = starts.find(({ status }) => status === 'rejected') ?? {}
    if (reason) throw reason
    return servers
  }

  get answering() {
    return this.servers.filter((server) => server.isAnswering)
  }

  at(port) {
    const server = this.servers.find((other) => other.port === Number(port))
    if (server) return server
    throw new Error(`None of these servers has port ${port}`)
  }

  async stop() {
    await Promise.all(this.servers.map((server) => server.stop()))
  }
}

/** Whether a condition holds for each of these, which may be down or starting. */
export async function every(servers, condition) {
  const answers = await Promise.all(servers.map((server) => condition(server).catch(() => false)))
  return answers.every(Boolean)
}
