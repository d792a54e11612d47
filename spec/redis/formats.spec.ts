/** A key of a later release: this release keeps added fields, and leaves a later format alone. */
import { createClient } from 'redis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

const KEY = 'axios-breaker/users'
const TTL = 0.05
const RULES = { threshold: 1, ttl: TTL, names: ['users', 'orders'] }
/** Seconds. */
const DAY = 86_400

let upstream: Upstream
let server: RedisServer
let admin: Awaited<ReturnType<typeof connect>>
const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
const connect = () => createClient({ url: server.url }).connect()
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
  admin = await connect()
})
beforeEach(async () => {
  await admin.flushAll()
  warn.mockClear()
})
afterEach(() => SharedBreaker.closeAll())
afterAll(async () => {
  admin.destroy()
  await Promise.all([upstream.stop(), server.stop()])
})

const join = (refresh = 0.1) => SharedBreaker.join(upstream, { url: server.url, refresh }, RULES)
/** Microseconds of Redis's clock, so many seconds from now. */
const moment = (seconds: number) => String((Date.now() + seconds * 1000) * 1000)

it('keeps the fields that a later release added, through all transitions', async () => {
  await admin.hSet(KEY, { windows: '{"one":1}', format: '2' })
  const one = await join()
  await one.fail()
  await one.becomes('half-opened')
  expect(await admin.hGet(KEY, 'state')).toBe('opened')
  await one.succeed()
  expect(await admin.hGetAll(KEY)).toMatchObject({
    state: 'closed',
    windows: '{"one":1}',
    format: '2',
  })
})

it('ignores rounds from before an opening by a release that knows no rounds', async () => {
  const rules = { ...RULES, ttl: { initial: TTL, max: 60 }, maxRetryAfter: 100 }
  const enter = () => SharedBreaker.join(upstream, { url: server.url, refresh: 0.1 }, rules)
  const [one, two] = [await enter(), await enter()]
  await one.fail()
  // One of them may see the end of the ttl a little sooner.
  for (const process of [one, two]) await process.becomes('half-opened')
  await one.succeed()
  await two.becomes('closed')
  const version = moment(1)
  const opened = { version, epoch: version, state: 'opened', opened: moment(0), failures: '7' }
  await admin.hSet(KEY, { ...opened, round: '9', retryAfter: '60000000', cause: 'rate' })
  const three = await enter()
  await until('its ttl is over', () => three.state === 'half-opened')
  await three.succeed()
  expect(await admin.hGet(KEY, 'state')).toBe('closed')
})

describe('a later format', () => {
  const later = () => ({ format: '3', version: moment(0), state: 'tripped', epoch: '{}' })

  it('is not changed, not even its expiry', async () => {
    const [one, two] = [await join(), await join()]
    const kept = later()
    await admin.hSet(KEY, kept)
    await admin.pExpire(KEY, 60_000)
    await one.fail()
    await two.becomes('closed')
    await one.becomes('half-opened')
    await one.succeed()
    expect(await admin.hGetAll(KEY)).toEqual(kept)
    expect(await admin.pTTL(KEY)).toBeLessThanOrEqual(60_000)
  })

  it('makes the circuit local, warns once, and affects no other circuit', async () => {
    const [one, two] = [await join(), await join()]
    await admin.hSet(KEY, later())
    await one.fail('users')
    expect(one.breaker.circuit('users')?.state).not.toBe('closed')
    await one.becomes('half-opened', 'users')
    await one.fail('orders')
    await two.becomes('half-opened', 'orders')
    expect(two.breaker.circuit('users')?.state).toBe('closed')
    expect([...one.losses, ...two.losses]).toEqual([])
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/"users" is not shared: .*later release.* format 3.* format 2$/)],
    ])
  })

  it('is shared again once the key has expired', async () => {
    const [one, two] = [await join(), await join()]
    await admin.hSet(KEY, later())
    await one.fail('users')
    await admin.pExpire(KEY, 1)
    await until('the process that was alone has read the circuit again', async () => {
      await one.fail('users')
      return two.breaker.circuit('users')?.state !== 'closed'
    })
  })

  it.each([
    ['no version', undefined],
    ['a version that is a day old', () => moment(-DAY - 60)],
    ['a version of the far future', () => moment(DAY + 60)],
  ])('is not heeded with %s: somebody made it up', async (_what, version) => {
    await admin.hSet(KEY, { format: '3', ...(version && { version: version() }) })
    const [one, two] = [await join(), await join()]
    await one.fail()
    await two.becomes('half-opened')
    expect(await admin.hGet(KEY, 'format')).toBe('2')
    expect(warn).not.toHaveBeenCalled()
  })

  it.each(['', '0', '1', '-3', '2.5', '1e999', '{}', '99999999999999999999'])(
    'does not count as one if it is %j',
    async (format) => {
      await admin.hSet(KEY, { format, version: moment(0) })
      const [one, two] = [await join(), await join()]
      await one.fail()
      await two.becomes('half-opened')
      expect(await admin.hGet(KEY, 'format')).toBe('2')
    },
  )
})
