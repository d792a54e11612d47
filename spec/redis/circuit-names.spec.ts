/** The names of circuits in a cluster, whose masters hold some of them each, and behind sentinels. */
import { Cluster as IORedisCluster } from 'ioredis'
import { createCluster, createSentinel } from 'redis'
import { startCluster, type Cluster } from '../../scripts/redis-cluster.mjs'
import { startSentinels } from '../../scripts/redis-sentinels.mjs'
import { namesFor } from '../support/circuit-names.js'

const LONG = 60_000
const NAMES = Array.from({ length: 200 }, (_item, at) => `c${at}`).toSorted()

let cluster: Cluster
let client: ReturnType<typeof createCluster>
beforeAll(async () => {
  cluster = await startCluster()
  client = createCluster({ rootNodes: cluster.rootNodes })
  client.on('error', () => undefined)
  await client.connect()
  await Promise.all(NAMES.map((name) => client.hSet(`axios-breaker/${name}`, 'state', 'closed')))
}, LONG)
afterAll(async () => {
  client.destroy()
  await cluster.stop()
}, LONG)

it(
  'are those of all masters, through a cluster client of redis',
  async () => {
    expect(await namesFor({ client })).toEqual(NAMES)
  },
  LONG,
)

it(
  'are those of all masters, through a Cluster of ioredis',
  async () => {
    const nodes = cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
    const io = new IORedisCluster(nodes)
    try {
      expect(await namesFor({ client: io })).toEqual(NAMES)
    } finally {
      io.disconnect()
    }
  },
  LONG,
)

it(
  'are those of the master, through a sentinel client',
  async () => {
    const sentinels = await startSentinels()
    const { name, ports } = sentinels
    const sentinelRootNodes = ports.map((port) => ({ host: '127.0.0.1', port }))
    const sentinel = createSentinel({ name, sentinelRootNodes })
    sentinel.on('error', () => undefined)
    try {
      await sentinel.connect()
      await sentinel.hSet('axios-breaker/users', 'state', 'closed')
      expect(await namesFor({ client: sentinel })).toEqual(['users'])
    } finally {
      await sentinel.destroy()
      await sentinels.stop()
    }
  },
  LONG,
)
