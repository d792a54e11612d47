/** Whatever somebody else writes to a circuit's key, it harms no process and blocks nothing for long. */
import { createClient } from 'redis'
import fc from 'fast-check'
import { SCRIPT } from '../../lib/redis/script.js'
import { argumentsOf, TEST_READ } from '../../lib/redis/wire.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { Upstream } from '../support/upstream.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'

const LONG = 60_000
const KEY = 'axios-breaker/users'
/** Seconds allowed for one call of the script on a busy machine. */
const SLOW = 0.1

let redis: RedisServer
let upstream: Upstream
let admin: Awaited<ReturnType<typeof connect>>
const connect = () =>
  createClient({ url: redis.url })
    .on('error', () => undefined)
    .connect()
beforeAll(async () => {
  redis = await RedisServer.start()
  upstream = await Upstream.start()
  admin = await connect()
}, LONG)
afterEach(async () => {
  await SharedBreaker.closeAll()
  await admin.flushAll()
  await admin.sendCommand(['SLOWLOG', 'RESET'])
})
afterAll(async () => {
  admin.destroy()
  await upstream.stop()
  await redis.stop()
})

/** The longest call of a script since the last reset, in seconds. */
async function slowest(): Promise<number> {
  const entries = (await admin.sendCommand(['SLOWLOG', 'GET', '-1'])) as unknown as [
    number,
    number,
    number,
    string[],
  ][]
  const scripts = entries.filter(([, , , command]) => /^eval/i.test(command[0] ?? ''))
  return Math.max(0, ...scripts.map(([, , microseconds]) => microseconds / 1e6))
}

const RULES = { threshold: 2, ttl: { initial: 0.3, max: 0.3 }, failureRate: 1 }
const MANY = 131_072
const FIELDS = (
  'version epoch state failures opened streaks permits secret ' +
  'round seed retryAfter closed pool probes cause reason restored'
).split(' ')
const SHAPES: Readonly<Record<string, string>> = {
  'one letter': 'a'.repeat(MANY),
  commas: ','.repeat(MANY),
  semicolons: ';'.repeat(MANY),
  digits: '9'.repeat(MANY),
  'commas and digits': 'a,1'.repeat(MANY / 3),
  'entries without an end': 'a,b,1,1'.repeat(MANY / 7),
  'entries that look right': 'a,b,1,1;'.repeat(MANY / 8),
  'permits that look right': 'a,9,9;'.repeat(MANY / 6),
  pipes: '|'.repeat(MANY),
  'entries of a poll': `s,0,1,1,1;p,1,1,1,1,1,1,1,/,1;${'w,a,1,1;'.repeat(2000)}`,
  'entries of a poll without values': 's,;c,;p,;w,;'.repeat(1500),
  'entries of a poll without an end': 'p,1,'.repeat(5000),
}

it.each(Object.entries(SHAPES))(
  'no call takes long with fields of %s, and the circuit still opens and closes',
  async (_what, value) => {
    await admin.sendCommand(['CONFIG', 'SET', 'slowlog-log-slower-than', '1000'])
    // A busy machine may stop Redis in the middle of a call, so there are more rounds until it does not.
    await until('no call takes long', async () => (await slowestWith(value)) < SLOW, 40)
  },
  LONG,
)

/** Opens and closes a circuit whose fields have this value. @returns the seconds of its longest call */
async function slowestWith(value: string): Promise<number> {
  await admin.flushAll()
  await admin.sendCommand(['SLOWLOG', 'RESET'])
  await admin.hSet(KEY, Object.fromEntries(FIELDS.map((field) => [field, value])))
  const [one, two] = await Promise.all([
    SharedBreaker.join(upstream, { url: redis.url }, RULES),
    SharedBreaker.join(upstream, { url: redis.url }, RULES),
  ])
  // A failure counts for as long as the ttl, and a busy machine may take longer for the next one.
  await until('it is opened', async () => {
    await one.fail()
    return two.state === 'opened'
  })
  await until('it is due', () => one.state === 'half-opened')
  await one.succeed()
  await two.becomes('closed')
  expect(await admin.pTTL(KEY)).toBeGreaterThan(0)
  await SharedBreaker.closeAll()
  return slowest()
}

/** Just as long as the script still parses. */
const PARSED = 20_480
/** What an entry of a field may begin with, so that the rest meets each part of a pattern. */
const BEGINNINGS = [
  '',
  'a',
  'a,',
  '1,',
  'a,b',
  'a,b,',
  '1,1,',
  'a,b,1',
  'a,b,1,',
  '1,1,1,',
  'a,b,1,1,',
]
const POOL_BEGINNINGS = ['s,', 'c,1,', 'p,1,1,1,', 'p,1,1,1,1,1,1,1,', 'p,1;w,a,1,', 'a/', 'a/1']
const RUNS = ['1', 'a', ',', ';', '/', '1,', 'a,', '1;', ',;', 'a,1,', 'a,b,1,1;', '\0']
const ENDINGS = ['', '1', 'x', ',', ';', 'xe', ',e']

it.each(RUNS)(
  'no pattern takes long with runs of %j, whatever is before and behind them',
  async (run) => {
    await admin.sendCommand(['CONFIG', 'SET', 'slowlog-log-slower-than', '1000'])
    for (const beginning of [...BEGINNINGS, ...POOL_BEGINNINGS]) {
      for (const ending of ENDINGS) {
        const length = PARSED - beginning.length - ending.length
        const value = beginning + run.repeat(length / run.length) + ending
        const what = `no pattern takes long with ${beginning}…${ending}`
        await until(what, async () => (await slowestRead(value)) < SLOW, 10)
      }
    }
  },
  LONG,
)

/** Reads a circuit whose fields have this value. @returns the seconds of the longest call */
async function slowestRead(value: string): Promise<number> {
  await admin.del(KEY)
  await admin.sendCommand(['SLOWLOG', 'RESET'])
  await admin.hSet(KEY, Object.fromEntries(FIELDS.map((field) => [field, value])))
  const question = { ...TEST_READ, circuit: 'users', process: 'one', reporter: 'one' }
  const envelope = { channel: 'nobody', secret: 'mine', expires: 0, needsWrites: false }
  await admin.eval(SCRIPT, { keys: [KEY], arguments: argumentsOf(question, envelope) })
  return slowest()
}

it(
  'a forged permit blocks for no more than a minute',
  async () => {
    const peer = await SharedBreaker.join(
      upstream,
      { url: redis.url, lease: 0.4, refresh: 0.2 },
      { threshold: 1, ttl: 0.2 },
    )
    await peer.fail()
    const now = Number((await admin.time())[0])
    const permit = (at: number) => ({ state: 'half-opened', permits: `a,${at * 1e6},${2 ** 52};` })
    await admin.hSet(KEY, permit(now + 3600))
    await admin.persist(KEY)
    await until('it counts as one of now', async () => {
      await peer.get()
      return (await admin.hGet(KEY, 'permits'))?.endsWith(',60000000;') === true
    })
    await admin.hSet(KEY, { ...permit(now - 58), version: String((now + 60) * 1e6) })
    await until(
      'the circuit closes by a probe',
      async () => {
        await peer.get()
        return peer.state === 'closed'
      },
      15,
    )
    await peer.breaker.flush()
    expect(await admin.pTTL(KEY)).toBeGreaterThan(0)
  },
  LONG,
)

it(
  'a version of the far future is ignored, and the next change counts as new',
  async () => {
    const version = String(Number.MAX_SAFE_INTEGER)
    await admin.hSet(KEY, { version, epoch: version, state: 'closed', secret: 'forged' })
    const one = await SharedBreaker.join(upstream, { url: redis.url }, { threshold: 1, ttl: 0.3 })
    const two = await SharedBreaker.join(upstream, { url: redis.url }, { threshold: 1, ttl: 0.3 })
    for (let round = 0; round < 2; round += 1) {
      await one.fail()
      await two.becomes('opened')
      await until('it is due', () => one.state === 'half-opened')
      await one.succeed()
      await two.becomes('closed')
    }
  },
  LONG,
)

it(
  'a key that is only read expires too',
  async () => {
    await admin.hSet(KEY, 'state', 'closed')
    expect(await admin.pTTL(KEY)).toBe(-1)
    await SharedBreaker.join(upstream, { url: redis.url })
    expect(await admin.pTTL(KEY)).toBeGreaterThan(0)
  },
  LONG,
)

it(
  'a circuit survives any content of its fields',
  async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '-1',
        'nan',
        'inf',
        '1e308',
        '0x7f',
        '1.5',
        '',
        'opened',
        'half-opened',
        'closed',
      ),
      fc
        .array(fc.constantFrom('a', 'b', '1', '99999999999999999', ',', ';', '|', '%', '('), {
          maxLength: 30,
        })
        .map((parts) => parts.join('')),
    )
    const fields = fc.dictionary(fc.constantFrom(...FIELDS), value, { minKeys: 1 })
    const peer = await SharedBreaker.join(
      upstream,
      { url: redis.url, lease: 0.1, refresh: 0.1 },
      { threshold: 1, ttl: 0.1 },
    )
    await fc.assert(
      fc.asyncProperty(fields, async (given) => {
        await admin.del(KEY)
        await admin.hSet(KEY, given)
        await peer.fail()
        expect(peer.breaker.storageUp).toBe(true)
      }),
      { numRuns: 200, endOnFailure: true },
    )
    await admin.del(KEY)
    await until('it closes', async () => {
      await peer.get()
      return peer.state === 'closed'
    })
    expect(peer.losses).toEqual([])
  },
  LONG,
)
