/** Circuits, prefixes and databases that share a Redis, and the keys that each leaves there. */
import { createClient } from 'redis'
import { RedisStorage } from '../../lib/redis/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)
/** On a busy machine, a thousand circuits take as many times as long as it has less time for them. */
const LONG = 120_000

let upstream: Upstream
let server: RedisServer
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
beforeEach(() => server.command('FLUSHALL'))
afterEach(() => SharedBreaker.closeAll())

const size = () => server.command('DBSIZE')
const keys = async () => (await server.command<string[]>('KEYS', '*')).toSorted()

describe('names', () => {
  const NAMES = [
    'users',
    'Users',
    'users ',
    ' users',
    'users\n',
    'users\r\n',
    'users\0',
    'users\0orders',
    'users|orders',
    '|',
    '||closed|',
    'users/orders',
    'users//orders',
    '/',
    'events',
    '{users}',
    '{}',
    'users{',
    '*',
    'user?',
    '[u]sers',
    '"users"',
    "'users'",
    '\\',
    'üsers',
    'u\u0308sers',
    '用户',
    '👩‍🚀',
    '\u202eusers',
    'axios-breaker/users',
    'http://users.internal:80/?a=b#c',
    '__proto__',
    'constructor',
    'x'.repeat(10_000),
    'x'.repeat(10_001),
  ]

  it('of any characters make separate circuits', async () => {
    const rules = { names: NAMES }
    const first = await SharedBreaker.join(upstream, { url: server.url }, rules)
    const second = await SharedBreaker.join(upstream, { url: server.url }, rules)
    for (const [index, name] of NAMES.entries()) {
      await first.fail(name)
      await second.becomes('opened', name)
      expect(second.opened).toEqual(NAMES.slice(0, index + 1))
    }
    const third = await SharedBreaker.join(upstream, { url: server.url }, rules)
    expect(third.opened).toEqual(NAMES)
    expect(await size()).toBe(NAMES.length)
  })

  it(
    'can be a thousand in one breaker',
    async () => {
      const names = Array.from({ length: 1000 }, (_, index) => `service-${index}`)
      const [first, second] = await Promise.all(
        [1, 2].map(() => SharedBreaker.join(upstream, { url: server.url }, { names })),
      )
      await first?.fail('service-500')
      await second?.becomes('opened', 'service-500')
      const third = await SharedBreaker.join(upstream, { url: server.url }, { names })
      for (const peer of [first, second, third]) expect(peer?.opened).toEqual(['service-500'])
      expect(await keys()).toEqual(['axios-breaker/service-500'])
    },
    LONG,
  )
})

describe('prefixes', () => {
  const refused = ['', 'a/b', 'a b', 'a\n', 'ü', 'a*', '{a}', 'a|b', 7, null, ['a']]
  it.each(refused)('may not be %j', (prefix) => {
    const { url } = server
    expect(() => new RedisStorage({ url, prefix: prefix as string })).toThrow(
      `Invalid options of RedisStorage\n✖ Expected letters, digits and :._-, given `,
    )
  })

  it('separate the keys, messages and circuits of applications', async () => {
    const recorder = createClient({ url: server.url })
    await recorder.connect()
    const channels: string[] = []
    await recorder.pSubscribe('*', (_message, channel) => channels.push(channel))
    const prefixes = ['a', 'a:b', 'a-b', 'A', 'a.events']
    const peers = await Promise.all(
      prefixes.map((prefix) => SharedBreaker.join(upstream, { url: server.url, prefix })),
    )
    const other = await SharedBreaker.join(upstream, { url: server.url, prefix: 'a' })
    await server.command('CONFIG', 'RESETSTAT')
    await peers[0]?.fail()
    await other.becomes('opened')
    expect(peers.map(({ state }) => state)).toEqual(['opened', ...prefixes.slice(1).map(() => 'closed')]) // prettier-ignore
    expect(await keys()).toEqual(['a/users'])
    await until('the message has arrived', () => channels.length > 0)
    expect(channels).toEqual(['a/events'])
    // One report, and one read by each process that did not know the secret when the message came.
    expect((await server.commandCounts()).evalsha).toBeLessThanOrEqual(3)
    for (const [index, peer] of peers.slice(1).entries()) {
      await peer.fail()
      expect(await size()).toBe(index + 2)
    }
    recorder.destroy()
  })

  it('can be equal in two databases, which share their channel', async () => {
    const [first, second, third] = await Promise.all(
      ['/0', '/1', '/1'].map((path) =>
        SharedBreaker.join(upstream, { url: server.url + path }, { names: ['users', 'orders'] }),
      ),
    )
    await first?.fail('users')
    await second?.fail('orders')
    await third?.becomes('opened', 'orders')
    await third?.breaker.flush()
    expect([first, second, third].map((peer) => peer?.opened)).toEqual([
      ['users'],
      ['orders'],
      ['orders'],
    ])
    await third?.fail('users')
    await second?.becomes('opened', 'users')
    expect(first?.moves).toHaveLength(1)
  })
})

describe('keys', () => {
  const KEY = 'axios-breaker/users'
  const life = () => server.command<number>('PTTL', KEY)

  it('expire by themselves in every state, whatever wrote them', async () => {
    // A failure counts for as long as the ttl, and a busy machine may take longer for the next one.
    const [ttl, lease] = [1, 20]
    const rules = { threshold: 2, ttl }
    const peer = await SharedBreaker.join(upstream, { url: server.url, lease }, rules)
    const lives: number[] = []
    const look = async (): Promise<void> => {
      lives.push(await life())
      // A process that only reads does not extend the expiry.
      expect(await size()).toBe(1)
    }
    await peer.fail()
    await look()
    await peer.fail()
    await look()
    await peer.becomes('half-opened')
    const probe = peer.get('/hold')
    await until('the probe is under way', () => upstream.held.length === 1)
    await look()
    upstream.release(500)
    await probe
    await peer.breaker.flush()
    await look()
    await peer.becomes('half-opened')
    await peer.succeed()
    await look()
    const [counting, opened, probing, again, closed] = lives
    for (const short of [counting, closed]) expect(short).toBeGreaterThan(50_000)
    for (const short of [counting, closed]) expect(short).toBeLessThanOrEqual(60_000)
    const longest = 60_000 + 2000 * (ttl + lease)
    for (const long of [opened, probing, again]) expect(long).toBeGreaterThan(90_000)
    for (const long of [opened, probing, again]) expect(long).toBeLessThanOrEqual(longest)
  })

  it('outlast the outage that they record', async () => {
    const peer = await SharedBreaker.join(upstream, { url: server.url }, { ttl: 3600 })
    await peer.fail()
    expect(await life()).toBeGreaterThan(2 * 3_600_000)
  })

  it('are written again if they are lost', async () => {
    const peer = await SharedBreaker.join(upstream, { url: server.url }, { ttl: 0.02 })
    await peer.fail()
    await server.command('DEL', KEY)
    await peer.becomes('half-opened')
    await peer.fail()
    expect(await life()).toBeGreaterThan(50_000)
    expect(await server.command('HGET', KEY, 'state')).toBe('opened')
  })

  it('exist for each circuit that ever failed, and for no other', async () => {
    const names = ['users', 'orders', 'payments']
    const peer = await SharedBreaker.join(upstream, { url: server.url }, { names, ttl: 0.02 })
    await peer.succeed('payments')
    await peer.fail('users')
    await peer.becomes('half-opened', 'users')
    await peer.succeed('users')
    await peer.fail('orders')
    expect(await keys()).toEqual(['axios-breaker/orders', KEY])
  })
})
