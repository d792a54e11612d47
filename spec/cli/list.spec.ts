/** `list`: what Redis has of circuits, for people and for scripts. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { documentOf, piped, ran } from '../support/command-line.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
let server: RedisServer
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
beforeEach(() => server.command('FLUSHALL'))
afterEach(() => SharedBreaker.closeAll())

const redis = () => ({ REDIS_URL: server.url })
const join = (rules = {}, storage = {}) =>
  SharedBreaker.join(upstream, { url: server.url, ...storage }, rules)
/** The lines of a table, each without its padding. */
const linesOf = (stdout: string) => stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))

it('shows opened circuits and failures that stand, and no healthy circuit', async () => {
  const names = ['users', 'orders', 'healthy']
  const peer = await join({ names, threshold: 2 })
  await peer.fail('users')
  await peer.fail('users')
  await peer.fail('orders')
  const { code, stdout, stderr } = await ran(['list'], redis())
  expect([code, stderr]).toEqual([0, ''])
  expect(linesOf(stdout)).toEqual([
    'CIRCUIT | STATE | FOR | FAILURES | WHY',
    expect.stringMatching(/^users \| opened \| \d+s \| 2 \| streak, 500$/),
    'orders | closed | 1',
    '',
    'This shows circuits that failed or opened lately, since those have a key in Redis, and forced ones.',
    'It cannot show healthy circuits, which have no key, or those of processes without this storage.',
    '',
  ])
})

it('prints one JSON document for scripts', async () => {
  const peer = await join({ names: ['users', 'orders'], threshold: 2 })
  await peer.fail('users')
  await peer.fail('users')
  await peer.fail('orders')
  expect(await documentOf(['list'], redis())).toEqual({
    prefix: 'axios-breaker',
    isComplete: true,
    circuits: [
      {
        circuit: 'users',
        state: 'opened',
        failureCount: 2,
        openedFor: expect.any(Number),
        cause: 'streak',
        round: 1,
        lastFailure: { status: 500 },
      },
      { circuit: 'orders', state: 'closed', failureCount: 1 },
    ],
  })
})

it('says so if there is nothing, and names the server and the prefix', async () => {
  const { code, stdout } = await ran(['list', '--prefix', 'other'], redis())
  expect(code).toBe(0)
  const [first] = stdout.split('\n')
  expect(first).toBe(
    `No circuit has a key in Redis, and none is forced (Redis at 127.0.0.1:${server.port}, prefix other)`,
  )
})

it('shows the circuits of its prefix and its database alone', async () => {
  const peer = await join({ names: ['users'] }, { prefix: 'one' })
  await peer.fail()
  const circuitsIn = async (...args: string[]) =>
    (await documentOf(['list', ...args], redis())).circuits.length
  expect(await circuitsIn('--prefix', 'one')).toBe(1)
  expect(await circuitsIn()).toBe(0)
  expect(await circuitsIn('--prefix', 'one', '--url', `${server.url}/1`)).toBe(0)
})

it('does not change when the keys expire', async () => {
  const peer = await join({ ttl: 600 })
  await peer.fail()
  const life = () => server.command<number>('PTTL', 'axios-breaker/users')
  await server.command('PEXPIRE', 'axios-breaker/users', 500_000)
  const kept = await server.command('HGETALL', 'axios-breaker/users')
  await ran(['list'], redis())
  expect(await life()).toBeLessThanOrEqual(500_000)
  expect(await life()).toBeGreaterThan(400_000)
  expect(await server.command('HGETALL', 'axios-breaker/users')).toEqual(kept)
})

it('shows names that would forge a line or command the terminal in quotes, and whole in JSON', async () => {
  const names = ['\u001B[2J\u001B[31mgone', 'a\nb', '\u009B2J', '\u202Eabc', ' ', '用户', '"', '__proto__'] // prettier-ignore
  const peer = await join({ names })
  for (const name of names) await peer.fail(name)
  const { stdout } = await ran(['list'], redis())
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  const shown = linesOf(stdout).map((line) => line.split(' | ')[0])
  expect(shown).toEqual(
    expect.arrayContaining([String.raw`"\u001b[2J\u001b[31mgone"`, String.raw`"a\nb"`, '用户']),
  )
  const { circuits } = await documentOf(['list'], redis())
  const listed = circuits.map(({ circuit }: { circuit: string }) => circuit)
  expect(listed.toSorted()).toEqual(names.toSorted())
})

it('shows why a key cannot be read, and the other circuits', async () => {
  const peer = await join()
  await peer.fail()
  await server.command('SET', 'axios-breaker/orders', 'something else')
  const { stdout } = await ran(['list'], redis())
  expect(linesOf(stdout)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^orders \| unknown \| .*WRONGTYPE/)]),
  )
  const { circuits } = await documentOf(['list'], redis())
  expect(circuits).toContainEqual({
    circuit: 'orders',
    state: 'unknown',
    problem: expect.stringContaining('WRONGTYPE'),
  })
  expect(circuits).toContainEqual(expect.objectContaining({ circuit: 'users', state: 'opened' }))
})

/** Makes many circuits of one. */
const COPY = `
  local fields = redis.call('HGETALL', KEYS[1])
  for index = 1, 5000 do redis.call('HSET', 'axios-breaker/users-' .. index, unpack(fields)) end`

describe('thousands of circuits', () => {
  beforeEach(async () => {
    const peer = await join()
    await peer.fail()
    await server.command('EVAL', COPY, 1, 'axios-breaker/users')
  })

  it('are listed', async () => {
    expect((await documentOf(['list'], redis())).circuits.length).toBe(5001)
  })

  it('end silently if the reader stops reading', async () => {
    const { stdout, stderr, code } = await piped(['list'], 'head -n 1', redis())
    expect(stdout).toMatch(/^CIRCUIT .*\n$/)
    expect([stderr, code]).toEqual(['', 0])
  })
})
