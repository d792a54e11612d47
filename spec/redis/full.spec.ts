/** A full Redis, whose errors tell which script met them, and where: in each version in another way. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
let server: RedisServer
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
afterEach(() => SharedBreaker.closeAll())

it('is a lost storage, for a reason that names no script', async () => {
  const peer = await SharedBreaker.join(upstream, { url: server.url })
  await server.command('CONFIG', 'SET', 'maxmemory', 1)
  await peer.fail()
  await until('the storage is lost', () => peer.losses.length > 0)
  expect(peer.losses).toEqual(["OOM command not allowed when used memory > 'maxmemory'."])
})
