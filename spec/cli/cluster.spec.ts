/** The command line and a cluster, of which it gets the URL of one node. */
import { startCluster, type Cluster } from '../../scripts/redis-cluster.mjs'
import { documentOf, ran } from '../support/command-line.js'
import { Worker } from '../support/worker.js'
import { eventually } from '../support/fleet.js'
import { Service } from '../support/service.js'

jest.setTimeout(120_000)

let cluster: Cluster
let service: Service
let worker: Worker
beforeAll(async () => {
  cluster = await startCluster()
  service = await Service.start()
  const { rootNodes } = cluster
  const client = { kind: 'cluster', options: { rootNodes } } as const
  const options = { threshold: 1, ttl: 60 }
  worker = await Worker.start({ origin: service.origin, storage: {}, client, options })
  await worker.call('init')
})
afterAll(async () => {
  await worker.stop()
  await service.stop()
  await cluster.stop()
})

const redis = () => ({ REDIS_URL: cluster.rootNodes[0]?.url })
const getEnds = (end: string) =>
  eventually(`a request ends with ${end}`, async () => {
    const [other] = await worker.call<string[]>('get', 1)
    return other === end
  })

it('forces circuits, and lists those of all nodes', async () => {
  await getEnds('ok')
  const names = ['users', 'orders', 'avatars', 'a', 'b', 'c', 'd', 'e']
  const opened = await ran(['open', 'users', '--for', '1h', '--by', 'ann'], redis())
  expect([opened.code, opened.stderr]).toEqual([0, ''])
  await getEnds('ERR_CIRCUIT_OPENED')
  const fields = ['version', 1, 'epoch', 1, 'state', 'opened', 'opened', 1]
  for (const name of names) {
    const key = `axios-breaker/${name}`
    await (await cluster.ownerOf(key)).command('HSET', key, ...fields)
  }
  const { circuits } = await documentOf(['list'], redis())
  const listed = circuits.map(({ circuit }: { circuit: string }) => circuit)
  expect(listed.toSorted()).toEqual(names.toSorted())
  expect((await ran(['release', 'users'], redis())).code).toBe(0)
  await getEnds('ok')
})

it('watch ends with 1 if something else has the key of the forces', async () => {
  const owner = await cluster.ownerOf('axios-breaker/')
  await owner.command('DEL', 'axios-breaker/')
  await owner.command('SET', 'axios-breaker/', 'something else')
  const { code, stdout, stderr } = await ran(['watch'], redis())
  await owner.command('DEL', 'axios-breaker/')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('WRONGTYPE')
})
