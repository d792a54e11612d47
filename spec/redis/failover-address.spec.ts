/** One address, and behind it first one server and then another: a demoted primary keeps its connections. */
import { createClient } from 'redis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

let upstream: Upstream
let [old, fresh]: RedisServer[] = []
let proxy: TcpProxy
beforeAll(async () => {
  upstream = await Upstream.start()
  ;[old, fresh] = await Promise.all([RedisServer.start(), RedisServer.start()])
  proxy = await TcpProxy.start(first().port)
})
afterAll(async () => {
  proxy.stop()
  await Promise.all([upstream.stop(), first().stop(), second().stop()])
})
beforeEach(async () => {
  await first().command('REPLICAOF', 'NO', 'ONE')
  proxy.targetPort = first().port
  await follow(second(), first())
})
afterEach(() => SharedBreaker.closeAll())

const first = () => old as RedisServer
const second = () => fresh as RedisServer
const url = () => `redis://127.0.0.1:${proxy.port}`

async function follow(replica: RedisServer, primary: RedisServer): Promise<void> {
  await replica.command('REPLICAOF', '127.0.0.1', primary.port)
  const isLinked = async () =>
    String(await replica.command('INFO', 'replication')).includes('master_link_status:up')
  await until('the replica has its data', isLinked, 20)
}

async function failOver(): Promise<void> {
  await second().command('REPLICAOF', 'NO', 'ONE')
  await first().command('REPLICAOF', '127.0.0.1', second().port)
  proxy.targetPort = second().port
}

it('a url follows to the new primary', async () => {
  const names = ['users', 'orders']
  const peer = await SharedBreaker.join(upstream, { url: url() }, { names, ttl: 0.05 })
  await failOver()
  const other = await SharedBreaker.join(upstream, { url: second().url }, { names })
  await peer.fail('users')
  await until('it is up', () => peer.breaker.storageUp === true)
  // Its other circuit is read a moment later. Failures before that count only locally.
  await until('it shares', async () => {
    await peer.fail('orders')
    return other.opened.includes('orders')
  })
})

it("a caller's client reports what to do", async () => {
  const client = createClient({ url: url() })
  client.on('error', () => undefined)
  await client.connect()
  const peer = await SharedBreaker.join(upstream, { client })
  await failOver()
  await peer.fail()
  expect(peer.losses[0]).toMatch(/^READONLY .*: the client is connected to a replica\. Reconnect it to the new primary, or use createSentinel$/) // prettier-ignore
  client.destroy()
})
