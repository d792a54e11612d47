/** A master, two replicas, and three sentinels that soon find out when the master is down. */
import { HOST } from './ports.mjs'
import { RedisGroup, every } from './redis-group.mjs'
import { startOrStop } from './redis-server.mjs'
import { until } from './until.mjs'

const NAME = 'mymaster'
const SECONDS = 30

/** Milliseconds between its questions: they would be seconds, ten for what the replicas do. */
const PERIODS = ['PING-PERIOD', 200, 'PUBLISH-PERIOD', 200, 'INFO-PERIOD', 200]

/** What a sentinel says when it has not yet heard enough of the servers. */
const NOT_YET = /^(?:INPROG|NOGOODSLAVE)/

export function startSentinels() {
  const sentinels = new Sentinels()
  return startOrStop(sentinels, () => sentinels.start())
}

class Sentinels {
  name = NAME
  #data = new RedisGroup()
  #sentinels = new RedisGroup()

  async start() {
    const [master] = await this.#data.add({})
    const replica = { config: [`replicaof ${HOST} ${master.port}`] }
    await this.#data.add(replica, replica)
    await until('the replicas are linked', () => linkedReplicas(master, 2), SECONDS)
    const sentinel = { args: ['--sentinel'], config: configOf(master) }
    await this.#sentinels.add(sentinel, sentinel, sentinel)
    await Promise.all(this.sentinels.map(hurry))
    await this.settled()
  }

  /** The master and the replicas, as they were at first. */
  get servers() {
    return this.#data.servers
  }

  get sentinels() {
    return this.#sentinels.servers
  }

  /** Ports of the sentinels. */
  get ports() {
    return this.sentinels.map(({ port }) => port)
  }

  /** The master in the eyes of a sentinel. */
  async master() {
    return this.#data.at(await masterPort(this.#sentinels.answering[0]))
  }

  /** A planned failover. */
  async failover() {
    const old = await this.master()
    const [sentinel] = this.#sentinels.answering
    await until('a failover can start', () => startFailover(sentinel), SECONDS)
    return this.promoted(old)
  }

  /**
   * Waits until all sentinels name another master.
   *
   * @param {import('./redis-server.mjs').RedisServer} old
   */
  promoted(old) {
    return until(`another master than ${old.port}`, () => this.#successor(old), SECONDS)
  }

  /** Waits until the sentinels know each other, the master, and every replica that is up. */
  async settled() {
    const [{ port }, replicas] = [await this.master(), this.#data.answering.length - 1]
    const isSettled = (sentinel) => knows(sentinel, port, replicas, this.ports.length - 1)
    await until('all is settled', () => every(this.#sentinels.answering, isSettled), SECONDS)
  }

  async stop() {
    await Promise.all([this.#sentinels.stop(), this.#data.stop()])
  }

  async #successor(old) {
    const master = await this.master()
    if (master === old) return undefined
    const agrees = async (sentinel) => (await masterPort(sentinel)) === master.port
    const isMaster = async () => (await master.command('ROLE'))[0] === 'master'
    const agreed = await every(this.#sentinels.answering, agrees)
    return agreed && (await every([master], isMaster)) ? master : undefined
  }
}

function configOf(master) {
  return [
    `sentinel monitor ${NAME} ${HOST} ${master.port} 2`,
    `sentinel down-after-milliseconds ${NAME} 500`,
    `sentinel failover-timeout ${NAME} 2000`,
  ]
}

/** Redis 6 does not know how to, and takes longer. */
async function hurry(sentinel) {
  await sentinel.command('SENTINEL', 'DEBUG', ...PERIODS).catch(() => undefined)
}

async function linkedReplicas(master, count) {
  const info = await master.command('INFO', 'replication')
  return [...info.matchAll(/state=online/g)].length === count
}

async function masterPort(sentinel) {
  const [, port] = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)
  return Number(port)
}

async function startFailover(sentinel) {
  try {
    return await sentinel.command('SENTINEL', 'FAILOVER', NAME)
  } catch (error) {
    if (NOT_YET.test(error.message)) return false
    throw error
  }
}

async function knows(sentinel, port, replicas, others) {
  const ask = async (what) => (await sentinel.command('SENTINEL', what, NAME)).map(fieldsOf)
  const linked = (await ask('REPLICAS')).filter(
    (replica) => replica.flags === 'slave' && replica['master-link-status'] === 'ok',
  )
  const sentinels = (await ask('SENTINELS')).filter(({ flags }) => flags === 'sentinel')
  const follow = linked.every((replica) => Number(replica['master-port']) === port)
  return follow && linked.length === replicas && sentinels.length === others
}

/** Fields come as a flat list of names and values. */
function fieldsOf(list) {
  const pairs = Array.from({ length: list.length / 2 }, (_, i) => list.slice(2 * i, 2 * i + 2))
  return Object.fromEntries(pairs)
}
