/** Servers and proxies close idle connections, and the connections of a healthy circuit are idle. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { portsOf } from '../support/connections.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

/** Seconds, on a busy machine too. A connection that is dead is replaced only after 20. */
const SOON = 5

let upstream: Upstream
let server: RedisServer
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start({ config: ['timeout 1'] })
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
afterEach(() => SharedBreaker.closeAll())

it('a connection that the server closes is reopened at once, and no other, and no event is published', async () => {
  const peer = await SharedBreaker.join(upstream, { url: server.url, refresh: 3600 })
  const subscribed = await portsOf(server, true)
  const ports = new Set<number>()
  /** Seconds without a connection for commands. */
  let [longest, seenAt] = [0, performance.now()]
  const isClosedTwice = async (): Promise<boolean> => {
    for (const port of await portsOf(server, false)) {
      ports.add(port)
      longest = Math.max(longest, (performance.now() - seenAt) / 1000)
      seenAt = performance.now()
    }
    return ports.size > 2
  }
  await until('it was closed twice', isClosedTwice, 20)
  await until('it is up', () => peer.breaker.storageUp === true)
  expect({ losses: peer.losses, restored: peer.restored }).toEqual({ losses: [], restored: 0 })
  expect(longest).toBeLessThan(SOON)
  expect(await portsOf(server, true)).toEqual(subscribed)
  // The server may close the connection once more under a report. Each circuit reports its first failure.
  let circuits = 0
  await until('a failure is reported', async () => {
    circuits += 1
    peer.attach(`orders-${circuits}`)
    await peer.fail(`orders-${circuits}`)
    const state = await server.command('HGET', `axios-breaker/orders-${circuits}`, 'state')
    return state === 'opened'
  })
})
