/** A master, two replicas, and three sentinels. */
import { HOST } from './ports.mjs'
import { RedisGroup, every } from './redis-group.mjs'
import { startOrStop } from './redis-server.mjs'
import { until } from './until.mjs'

const NAME = 'mymaster'
const SECONDS = 30
/** Milliseconds after which a failover on which the sentinels do not agree is run again. */
const STUCK = 8000

/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */

/** Milliseconds between the questions of a sentinel. The defaults are seconds, ten for the replicas. */
const PERIODS = ['PING-PERIOD', 200, 'PUBLISH-PERIOD', 200, 'INFO-PERIOD', 200]

/** The error of a sentinel that does not know enough of the servers yet. */
const NOT_YET = /^(?:INPROG|NOGOODSLAVE)/

/**
 * Milliseconds of silence after which the sentinels replace the master. A busy machine can stop the master for
 * seconds, which must not cause a failover in specs that do not kill it.
 */
const DOWN_AFTER = 60_000

/**
 * @param {{ downAfter?: number }} [options]
 * @returns {Promise<Sentinels>}
 */
export function startSentinels({ downAfter = DOWN_AFTER } = {}) {
  const sentinels = new Sentinels(downAfter)
  return startOrStop(sentinels, () => sentinels.start())
}

export class Sentinels {
  name = NAME
  #data = new RedisGroup()
  #sentinels = new RedisGroup()
  #downAfter

  /** @param {number} downAfter */
  constructor(downAfter) {
    this.#downAfter = downAfter
  }

  async start() {
    await this.#data.add({})
    const master = this.#data.anyAnswering()
    const replica = { config: [`replicaof ${HOST} ${master.port}`] }
    await this.#data.add(replica, replica)
    await until('the replicas are linked', () => linkedReplicas(master, 2), SECONDS)
    const sentinel = { args: ['--sentinel'], config: configOf(master, this.#downAfter) }
    await this.#sentinels.add(sentinel, sentinel, sentinel)
    await Promise.all(this.sentinels.map(speedUp))
    await this.settled()
  }

  /** The master and the replicas, in their initial roles. */
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

  /** The master, according to a sentinel. */
  async master() {
    return this.#data.at(await masterPort(this.#sentinels.anyAnswering()))
  }

  /** Runs a planned failover. */
  async failover() {
    const old = await this.master()
    const sentinel = this.#sentinels.anyAnswering()
    let startedAt = performance.now()
    const successor = async () => {
      // A sentinel gives up a failover if a busy machine has kept the replicas' news from it.
      const isOld = (await masterPort(sentinel)) === old.port
      // Sentinels that have run one each without the others' votes may never agree, until a newer one.
      if (isOld || performance.now() - startedAt > STUCK) {
        startedAt = performance.now()
        await startFailover(sentinel)
      }
      return this.#successor(old)
    }
    return until(`another master than ${old.port}`, successor, SECONDS)
  }

  /**
   * Waits until all sentinels name another master.
   *
   * @param {RedisServer} old
   */
  promoted(old) {
    return until(`another master than ${old.port}`, () => this.#successor(old), SECONDS)
  }

  /** Waits until the sentinels know each other, the master, and every replica that is up. */
  async settled() {
    const [{ port }, replicas] = [await this.master(), this.#data.answering.length - 1]
    /** @param {RedisServer} sentinel */
    const isSettled = (sentinel) => knows(sentinel, port, replicas, this.ports.length - 1)
    await until('all is settled', () => every(this.#sentinels.answering, isSettled), SECONDS)
  }

  async stop() {
    await Promise.all([this.#sentinels.stop(), this.#data.stop()])
  }

  /** @param {RedisServer} old */
  async #successor(old) {
    const master = await this.master()
    if (master === old) return undefined
    /** @param {RedisServer} sentinel */
    const agrees = async (sentinel) => (await masterPort(sentinel)) === master.port
    const isMaster = async () => (await roleOf(master)) === 'master'
    const agreed = await every(this.#sentinels.answering, agrees)
    return agreed && (await every([master], isMaster)) ? master : undefined
  }
}

/** @param {RedisServer} server */
async function roleOf(server) {
  /** @type {[role: string]} */
  const [role] = await server.command('ROLE')
  return role
}

/**
 * @param {RedisServer} master
 * @param {number} downAfter
 */
function configOf(master, downAfter) {
  return [
    `sentinel monitor ${NAME} ${HOST} ${master.port} 2`,
    `sentinel down-after-milliseconds ${NAME} ${downAfter}`,
    `sentinel failover-timeout ${NAME} 2000`,
  ]
}

/**
 * Shortens the periods of a sentinel. Redis 6 cannot do that, and takes longer.
 *
 * @param {RedisServer} sentinel
 */
async function speedUp(sentinel) {
  await sentinel.command('SENTINEL', 'DEBUG', ...PERIODS).catch(() => undefined)
}

/**
 * @param {RedisServer} master
 * @param {number} count
 */
async function linkedReplicas(master, count) {
  /** @type {string} */
  const info = await master.command('INFO', 'replication')
  return [...info.matchAll(/state=online/g)].length === count
}

/** @param {RedisServer} sentinel */
async function masterPort(sentinel) {
  /** @type {[host: string, port: string]} */
  const [, port] = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)
  return Number(port)
}

/**
 * Starts a failover, unless one is under way.
 *
 * @param {RedisServer} sentinel
 */
async function startFailover(sentinel) {
  try {
    await sentinel.command('SENTINEL', 'FAILOVER', NAME)
  } catch (error) {
    if (!(error instanceof Error && NOT_YET.test(error.message))) throw error
  }
}

/**
 * @param {RedisServer} sentinel
 * @param {number} port of the master
 * @param {number} replicas how many are up
 * @param {number} others how many other sentinels there are
 */
async function knows(sentinel, port, replicas, others) {
  /** @param {string} what */
  const ask = async (what) => {
    /** @type {string[][]} */
    const lists = await sentinel.command('SENTINEL', what, NAME)
    return lists.map(fieldsOf)
  }
  const linked = (await ask('REPLICAS')).filter(
    (replica) => replica.flags === 'slave' && replica['master-link-status'] === 'ok',
  )
  const sentinels = (await ask('SENTINELS')).filter(({ flags }) => flags === 'sentinel')
  const follow = linked.every((replica) => Number(replica['master-port']) === port)
  return follow && linked.length === replicas && sentinels.length === others
}

/**
 * Turns a flat list of names and values into an object.
 *
 * @param {readonly string[]} list
 * @returns {Record<string, string>}
 */
function fieldsOf(list) {
  const pairs = Array.from({ length: list.length / 2 }, (_, i) => list.slice(2 * i, 2 * i + 2))
  return Object.fromEntries(pairs)
}
