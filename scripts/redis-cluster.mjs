/** A cluster of three masters with a replica each, which quickly replaces a master that is down. */
import { HOST } from './ports.mjs'
import { requireProgram } from './programs.mjs'
import { RedisGroup, every } from './redis-group.mjs'
import { startOrStop } from './redis-server.mjs'
import { run } from './run.mjs'
import { until } from './until.mjs'

/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */

const MASTERS = 3
const SECONDS = 30

const CONFIG = [
  'cluster-enabled yes',
  'cluster-node-timeout 1000',
  'cluster-allow-replica-migration no',
  // A replica may replace its master, however long the two were disconnected.
  'cluster-replica-validity-factor 0',
]

/** @returns {Promise<Cluster>} */
export function startCluster() {
  const cluster = new Cluster()
  return startOrStop(cluster, () => cluster.start())
}

/** `servers` lists the three masters first and then their replicas, in their initial roles. */
export class Cluster extends RedisGroup {
  async start() {
    const member = { config: CONFIG }
    await this.add(...Array.from({ length: 2 * MASTERS }, () => member))
    const addresses = this.servers.map(({ port }) => `${HOST}:${port}`)
    const options = ['--cluster-replicas', '1', '--cluster-yes']
    await run(requireProgram('redis-cli', 'redis-tools'), [
      '--cluster',
      'create',
      ...addresses,
      ...options,
    ])
    await this.settled()
  }

  /** What clients need to connect. */
  get rootNodes() {
    return this.servers.map(({ url }) => ({ url }))
  }

  /**
   * Finds the master of a key's slot, according to a member.
   *
   * @param {string} key
   */
  async ownerOf(key) {
    const member = this.anyAnswering()
    return this.at(await ownerPort(member, await slotOf(member, key)))
  }

  /**
   * Waits until all members name another master of a key's slot.
   *
   * @param {string} key
   * @param {RedisServer} old
   */
  promoted(key, old) {
    return until(`another master than ${old.port}`, () => this.#successor(key, old), SECONDS)
  }

  /** Waits until all members that are up see a complete cluster, and the replicas have their data. */
  async settled() {
    const count = this.answering.length
    await until(
      'the cluster is whole',
      () => every(this.answering, (member) => isWhole(member, count)),
      SECONDS,
    )
  }

  /**
   * Moves a key's slot to another master.
   *
   * @param {string} key
   * @param {object} [options]
   * @param {RedisServer} [options.target] the next master if left out
   * @param {() => Promise<unknown>} [options.during] runs while the data has moved and the slot has
   *   not: the old master then redirects clients to the new one for each command
   * @returns the new master
   */
  async moveSlot(key, { target, during = async () => undefined } = {}) {
    const source = await this.ownerOf(key)
    const destination = target ?? (await this.#otherMaster(source))
    const slot = await slotOf(source, key)
    const ids = { source: await idOf(source), destination: await idOf(destination) }
    await destination.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids.source)
    await source.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids.destination)
    await migrate(slot, source, destination)
    await during()
    for (const server of [destination, source]) {
      await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', ids.destination)
    }
    return this.promoted(key, source)
  }

  /** @param {RedisServer} master */
  async #otherMaster(master) {
    const nodes = await nodesOf(master)
    const other = nodes.find(({ port, flags }) => port !== master.port && /^master$/.test(flags))
    return this.at(other?.port)
  }

  /**
   * @param {string} key
   * @param {RedisServer} old
   */
  async #successor(key, old) {
    const owner = await this.ownerOf(key)
    if (owner === old) return undefined
    const slot = await slotOf(owner, key)
    /** @param {RedisServer} member */
    const agrees = async (member) =>
      (await ownerPort(member, slot)) === owner.port && (await isOk(member))
    return (await every(this.answering, agrees)) ? owner : undefined
  }
}

/**
 * @param {RedisServer} member
 * @returns {Promise<string>}
 */
const idOf = (member) => member.command('CLUSTER', 'MYID')

/**
 * @param {RedisServer} member
 * @param {string} key
 * @returns {Promise<number>}
 */
const slotOf = (member, key) => member.command('CLUSTER', 'KEYSLOT', key)

/**
 * @param {RedisServer} member
 * @param {number} slot
 */
async function ownerPort(member, slot) {
  /** @type {[first: number, last: number, master: [host: string, port: number]][]} */
  const ranges = await member.command('CLUSTER', 'SLOTS')
  const [, , owner] = ranges.find(([first, last]) => first <= slot && slot <= last) ?? []
  return owner?.[1]
}

/**
 * Gives a member's view of all members whose handshake is over.
 *
 * @param {RedisServer} member
 */
async function nodesOf(member) {
  /** @type {string} */
  const text = await member.command('CLUSTER', 'NODES')
  const nodes = text
    .trim()
    .split('\n')
    .map((line) => {
      const [, address = '', flags = '', , , , , link = ''] = line.split(' ')
      const [, port] = /:(\d+)@/.exec(address) ?? []
      return { port: Number(port), flags: flags.replace('myself,', ''), link }
    })
  return nodes.filter(({ flags }) => !flags.includes('handshake'))
}

/** @param {RedisServer} member */
async function isOk(member) {
  /** @type {string} */
  const info = await member.command('CLUSTER', 'INFO')
  return info.includes('cluster_state:ok')
}

/**
 * @param {RedisServer} member
 * @param {number} count of members that are up
 */
async function isWhole(member, count) {
  const nodes = await nodesOf(member)
  const up = nodes.filter(
    ({ flags, link }) => /^(?:master|slave)$/.test(flags) && link === 'connected',
  )
  /** @type {string} */
  const replication = await member.command('INFO', 'replication')
  const linked = /role:master|master_link_status:up/.test(replication)
  // An additional one is a former master that is back, and does not know it yet.
  const masters = up.filter(({ flags }) => flags === 'master').length
  return up.length === count && masters === MASTERS && linked && isOk(member)
}

/**
 * @param {number} slot
 * @param {RedisServer} source
 * @param {RedisServer} destination
 */
async function migrate(slot, source, destination) {
  for (;;) {
    /** @type {string[]} */
    const keys = await source.command('CLUSTER', 'GETKEYSINSLOT', slot, 100)
    if (keys.length === 0) return
    await source.command('MIGRATE', HOST, destination.port, '', 0, 5000, 'KEYS', ...keys)
  }
}
