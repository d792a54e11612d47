/** A large database, which others use too, at the end of a slow line: to find the circuits takes long. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { DEADLINE } from '../../lib/cli/connect.js'
import type { Running } from '../../scripts/run.mjs'
import { documentOf, ran, started } from '../support/command-line.js'
import { until } from '../support/until.js'

const KEYS = 300_000
/** Round trips that a search takes. */
const TRIPS = KEYS / 1000
/** Milliseconds for a round trip. */
const DELAY = 25
const FILL = `for index = 1, ${KEYS} do redis.call('SET', 'other/' .. index, '') end`

let server: RedisServer
let proxy: TcpProxy
beforeAll(async () => {
  server = await RedisServer.start()
  await server.command('EVAL', FILL, 0)
  const fields = ['version', 1, 'epoch', 1, 'state', 'opened', 'opened', 1]
  await server.command('HSET', 'axios-breaker/users', ...fields)
  proxy = await TcpProxy.start(server.port)
})
afterAll(async () => {
  proxy.stop()
  await server.stop()
})
beforeEach(async () => {
  await server.command('DEL', 'axios-breaker/')
  await server.command('CONFIG', 'RESETSTAT')
})

const redis = () => ({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
const count = async (name: string) => (await server.commandCounts())[name] ?? 0
const trips = () => count('scan')

it('is listed, though that takes longer than one answer may', async () => {
  proxy.delay = DELAY
  const start = performance.now()
  expect((await documentOf(['list'], redis())).circuits).toMatchObject([{ circuit: 'users' }])
  expect((performance.now() - start) / 1000).toBeGreaterThan(DEADLINE)
}, 120_000)

it('is not listed if Redis stops to answer midway', async () => {
  proxy.delay = DELAY
  const listing = started(['list'], redis())
  await until('it searches', async () => (await trips()) > 0)
  proxy.pause()
  const { code } = await listing.end()
  proxy.resume()
  expect([code, listing.stdout]).toEqual([1, ''])
  expect(listing.stderr).toMatch(/did not answer within 5 s|does not answer/)
}, 60_000)

describe('watch', () => {
  let watching: Running
  beforeEach(async () => {
    proxy.delay = 0
    watching = started(['watch', '--json'], redis())
    await watching.printed('"watching"')
  })
  afterEach(() => watching.kill())

  it('prints changes while it searches, and searches less often if that takes long', async () => {
    // Slow enough for a change to come and go meanwhile, on a busy machine too.
    proxy.delay = 4 * DELAY
    const before = await trips()
    await until('it searches again', async () => (await trips()) > before, 60)
    await ran(['close', 'orders', '--by', 'ann'], { REDIS_URL: server.url })
    await watching.printed('"orders"')
    expect(await trips()).toBeLessThan(before + TRIPS)
    proxy.delay = DELAY
    await until('the search has ended', async () => (await trips()) >= before + TRIPS, 60)
    const after = await trips()
    const reads = await count('evalsha')
    await until(
      'it has read the forces again',
      async () => (await count('evalsha')) > reads + 2,
      60,
    )
    expect(await trips()).toBe(after)
    expect(watching.output).not.toContain('storageLost')
  }, 200_000)

  it('finds a circuit about which no message came', async () => {
    const fields = ['version', 1, 'epoch', 1, 'state', 'opened', 'opened', 1]
    await server.command('HSET', 'axios-breaker/lonely', ...fields)
    await watching.printed('"lonely"')
    expect(watching.stdout).toContain('"opened"')
  }, 60_000)
})
