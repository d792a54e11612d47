/**
 * A process with thousands of circuits joins like one with a single circuit, and forgets detached circuits.
 */
import { createClient } from 'redis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

const COUNT = 5000
const LONG = 120_000
const NAMES = Array.from({ length: COUNT }, (_, index) => `circuit-${index}`)

let redis: RedisServer
let upstream: Upstream
beforeAll(async () => {
  redis = await RedisServer.start()
  upstream = await Upstream.start()
}, LONG)
afterAll(async () => {
  await SharedBreaker.closeAll()
  await upstream.stop()
  await redis.stop()
})

it(
  'rejoins after its connections were cut, and learns what happened in the meantime',
  async () => {
    const last = NAMES.at(-1) as string
    const admin = await createClient({ url: redis.url })
      .on('error', () => undefined)
      .connect()
    const storage = { url: redis.url, permitDeadline: 0.1, commandDeadline: 0.5 }
    const many = new SharedBreaker(upstream, storage, { names: NAMES })
    // On a busy machine Redis may stop for so long that the connection counts as dead.
    const joins = () =>
      many.breaker.init().then(
        () => true,
        () => false,
      )
    await until('it has joined', joins, 60)
    const before = await evaluations()
    await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
    await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    const one = await SharedBreaker.join(upstream, { url: redis.url }, { names: [last] })
    await one.fail(last)
    await many.becomes('opened', last)
    const isRead = async () => (await evaluations()) - before >= COUNT
    await until('every circuit is read', isRead, 60)
    // Each is read once, or twice if the connection for messages came back after the other.
    expect((await evaluations()) - before).toBeLessThan(2 * COUNT + 200)
    expect(many.breaker.storageUp).toBe(true)
    admin.destroy()
  },
  LONG,
)

async function evaluations(): Promise<number> {
  const { evalsha = 0 } = await redis.commandCounts()
  return evalsha
}
