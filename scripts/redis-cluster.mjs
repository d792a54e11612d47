/** A cluster of three masters, each with a replica, that soon replaces a master that is down. */
import { HOST } from './ports.mjs'
import { RedisGroup, every } from './redis-group.mjs'
import { startOrStop } from './redis-server.mjs'
import { until } from './until.mjs'

const MASTERS = 3
const SLOTS = 16_384
const SECONDS = 30

const CONFIG = [
  'cluster-enabled yes',
  'cluster-node-timeout 1000',
  'cluster-allow-replica-migration no',
  // However long it was without its master, a replica may replace it.
  'cluster-replica-validity-factor 0',
]

export function startCluster() {
  const cluster = new Cluster()
  return startOrStop(cluster, () => cluster.start())
}

class Cluster extends RedisGroup {
  async start() {
    const member = { config: CONFIG }
    await this.add(...Array.from({ length: 2 * MASTERS }, () => member))
    const masters = this.servers.slice(0, MASTERS)
    await Promise.all(masters.map(takeEpoch))
    await this.#meet()
    await Promise.all(masters.map(takeSlots))
    const replicas = this.servers.slice(MASTERS)
    await Promise.all(replicas.map((replica, i) => follow(replica, masters[i])))
    await this.settled()
  }

  /** For clients. */
  get rootNodes() {
    return this.servers.map(({ url }) => ({ url }))
  }

  /** The master of a key's slot, in the eyes of a member. */
  async ownerOf(key) {
    const [member] = this.answering
    return this.at(await ownerPort(member, await slotOf(member, key)))
  }

  /**
   * Waits until all members name another master of a key's slot.
   *
   * @param {string} key
   * @param {import('./redis-server.mjs').RedisServer} old
   */
  promoted(key, old) {
    return until(`another master than ${old.port}`, () => this.#successor(key, old), SECONDS)
  }

  /** Waits until all members that are up find the cluster whole, and the replicas have their data. */
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
   * @param {import('./redis-server.mjs').RedisServer} [options.target] the next master if left out
   * @param {() => Promise<unknown>} [options.during] what is done when the data has moved, but the
   *   slot has not: then the old master sends clients to the new one for each command
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

  async #meet() {
    const [first, ...others] = this.servers
    for (const { port } of others) await first.command('CLUSTER', 'MEET', HOST, port)
    const count = this.servers.length
    const knowsAll = async (member) => (await nodesOf(member)).length === count
    const wait = () => every(this.servers, knowsAll)
    await until('the members know each other', wait, SECONDS)
  }

  async #otherMaster(master) {
    const nodes = await nodesOf(master)
    const other = nodes.find(({ port, flags }) => port !== master.port && /^master$/.test(flags))
    return this.at(other?.port)
  }

  async #successor(key, old) {
    const owner = await this.ownerOf(key)
    if (owner === old) return undefined
    const slot = await slotOf(owner, key)
    const agrees = async (member) =>
      (await ownerPort(member, slot)) === owner.port && (await isOk(member))
    return (await every(this.answering, agrees)) ? owner : undefined
  }
}

/** One for each master, so that none has to give way to another; only before they meet. */
async function takeEpoch(master, index) {
  await master.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
}

async function takeSlots(master, index) {
  const [first, end] = [index, index + 1].map((part) => Math.ceil((part * SLOTS) / MASTERS))
  const slots = Array.from({ length: end - first }, (_, i) => first + i)
  await master.command('CLUSTER', 'ADDSLOTS', ...slots)
}

async function follow(replica, master) {
  await replica.command('CLUSTER', 'REPLICATE', await idOf(master))
}

const idOf = (member) => member.command('CLUSTER', 'MYID')
const slotOf = (member, key) => member.command('CLUSTER', 'KEYSLOT', key)

async function ownerPort(member, slot) {
  const ranges = await member.command('CLUSTER', 'SLOTS')
  const [, , owner] = ranges.find(([first, last]) => first <= slot && slot <= last) ?? []
  return owner?.[1]
}

/** What a member thinks of all members whose handshake is over. */
async function nodesOf(member) {
  const lines = (await member.command('CLUSTER', 'NODES')).trim().split('\n')
  const nodes = lines.map((line) => {
    const [, address, flags, , , , , link] = line.split(' ')
    const [, port] = /:(\d+)@/.exec(address) ?? []
    return { port: Number(port), flags: flags.replace('myself,', ''), link }
  })
  return nodes.filter(({ flags }) => !flags.includes('handshake'))
}

async function isOk(member) {
  return (await member.command('CLUSTER', 'INFO')).includes('cluster_state:ok')
}

async function isWhole(member, count) {
  const nodes = await nodesOf(member)
  const up = nodes.filter(
    ({ flags, link }) => /^(?:master|slave)$/.test(flags) && link === 'connected',
  )
  const replication = await member.command('INFO', 'replication')
  const linked = /role:master|master_link_status:up/.test(replication)
  // One more is a master of old that is back, and does not know yet.
  const masters = up.filter(({ flags }) => flags === 'master').length
  return up.length === count && masters === MASTERS && linked && isOk(member)
}

async function migrate(slot, source, destination) {
  for (;;) {
    const keys = await source.command('CLUSTER', 'GETKEYSINSLOT', slot, 100)
    if (keys.length === 0) return
    await source.command('MIGRATE', HOST, destination.port, '', 0, 5000, 'KEYS', ...keys)
  }
}
