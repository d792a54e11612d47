/** `watch`: each change as it happens, also through the loss of Redis. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import type { Running } from '../../scripts/run.mjs'
import { piped, ran, started } from '../support/command-line.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
let server: RedisServer
let watching: Running
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
beforeEach(() => server.command('FLUSHALL'))
afterEach(async () => {
  if (watching.isRunning) await watching.kill()
  await SharedBreaker.closeAll()
})

const redis = () => ({ REDIS_URL: server.url })
const join = (rules = {}) => SharedBreaker.join(upstream, { url: server.url }, rules)

async function watch(...args: string[]): Promise<void> {
  watching = started(['watch', ...args], redis())
  await watching.printed(args.includes('--json') ? '"watching"' : 'Watching.')
}

interface Event {
  readonly time: string
  readonly event: string
  readonly circuit?: string
  readonly state?: string
}

/** Waits for an event that has these properties. */
const sees = (what: object) =>
  until(`it prints ${JSON.stringify(what)}`, () =>
    events().find((event) =>
      Object.entries(what).every(([name, value]) => Reflect.get(event, name) === value),
    ),
  )
const events = (): Event[] =>
  watching.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Event)

it('prints what there is, and then each transition at once', async () => {
  const peer = await join({ names: ['users', 'orders'], ttl: 0.3 })
  await peer.fail('orders')
  await watch()
  expect(watching.stdout).toMatch(/^CIRCUIT .*\norders +opened /)
  await peer.fail('users')
  await watching.printed(/^\d\d:\d\d:\d\d {2}users: opened; streak, 500$/m)
  await peer.becomes('half-opened')
  await peer.succeed('users')
  await watching.printed(/^\d\d:\d\d:\d\d {2}users: closed$/m)
})

it('follows forces', async () => {
  await watch()
  await ran(['open', 'users', '--for', '1h', '--by', 'ann', '--reason', 'moving'], redis())
  await watching.printed(/users: opened; forced open by ann: moving \(ends in (?:1h|59m\d+s)\)/)
  await ran(['release', 'users'], redis())
  await watching.printed(/users: closed$/m)
  expect(watching.stderr).toBe('')
})

it('prints one JSON document a line', async () => {
  const peer = await join()
  await peer.fail()
  await watch('--json')
  const first = await sees({ event: 'circuit', circuit: 'users', state: 'opened' })
  expect(new Date(first.time).getTime()).toBeGreaterThan(Date.now() - 60_000)
  expect(first).toMatchObject({ failureCount: 1, cause: 'streak', round: 1 })
  await ran(['close', 'users', '--by', 'ann'], redis())
  await until('it prints the force', () =>
    events().some((event) => Reflect.get(event, 'forced') !== undefined),
  )
})

it.each(['kill', 'freeze'] as const)(
  'survives a %s of Redis, and says so',
  async (fault) => {
    const peer = await join()
    await watch('--json')
    if (fault === 'kill') await server.kill()
    else server.freeze()
    expect(await sees({ event: 'storageLost' })).toMatchObject({ reason: expect.any(String) })
    if (fault === 'kill') await server.restart()
    else server.thaw()
    expect(await sees({ event: 'storageRestored' })).toMatchObject({ lostFor: expect.any(Number) })
    await until('the breaker is back', () => peer.breaker.storageUp)
    await peer.fail()
    await sees({ circuit: 'users', state: 'opened' })
    expect(events().filter(({ event }) => event.startsWith('storage'))).toHaveLength(2)
    expect(watching.isRunning).toBe(true)
  },
  60_000,
)

it('prints nothing about a connection that comes back at once', async () => {
  const peer = await join()
  await watch('--json')
  await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await until('the breaker is back', () => peer.breaker.storageUp)
  await peer.fail()
  await sees({ circuit: 'users', state: 'opened' })
  expect(events().filter(({ event }) => event.startsWith('storage'))).toEqual([])
})

it('learns of a change whose message was lost', async () => {
  const peer = await join()
  await peer.fail()
  await watch('--json')
  await sees({ circuit: 'users', state: 'opened' })
  await server.command('DEL', 'axios-breaker/users')
  await peer.breaker.close()
  await sees({ circuit: 'users', state: 'closed' })
  expect(events().map(({ event }) => event)).toEqual(['circuit', 'watching', 'circuit'])
})

it('prints a force once, with all that a refresh finds', async () => {
  const peer = await join()
  await peer.fail()
  await watch('--json')
  await ran(['close', 'orders', '--for', '1m', '--by', 'bob'], redis())
  await sees({ circuit: 'orders', state: 'closed' })
  // Only a refresh finds that the other circuit has gone.
  await peer.breaker.close()
  await server.command('DEL', 'axios-breaker/users')
  await sees({ circuit: 'users', state: 'closed' })
  const forced = events().filter(({ circuit }) => circuit === 'orders')
  expect(forced).toEqual([
    expect.objectContaining({ failureCount: 0, forced: expect.objectContaining({ by: 'bob' }) }),
  ])
})

it('shows what a circuit is by itself when it is forced, though it may not list keys', async () => {
  await server.command('ACL', 'SETUSER', 'watcher', 'on', '>secret', '~*', '&*', '+@all', '-scan')
  const peer = await join()
  await peer.fail()
  const url = server.url.replace('redis://', 'redis://watcher:secret@')
  watching = started(['watch', '--json'], { REDIS_URL: url })
  await watching.printed('"watching"')
  await ran(['close', 'users', '--for', '1m'], redis())
  const first = await sees({ event: 'circuit', circuit: 'users' })
  expect(first).toMatchObject({ state: 'closed', ownState: 'opened', failureCount: 1 })
})

it('is not slowed down by a flood of messages, forged or not', async () => {
  const peer = await join()
  await watch('--json')
  const flood = `for index = 1, 20000 do
    redis.call('PUBLISH', 'axios-breaker/events', 'forged ' .. index) end`
  await server.command('CONFIG', 'RESETSTAT')
  await server.command('EVAL', flood, 0)
  await peer.fail()
  await sees({ circuit: 'users', state: 'opened' })
  const { evalsha = 0, scan = 0 } = await server.commandCounts()
  expect(evalsha + scan).toBeLessThan(200)
})

it('reads no circuit of which a message gives a name like a book', async () => {
  const peer = await join()
  await watch('--json')
  const flood = `for index = 1, 1000 do
    local name = string.rep('x', 5000) .. index
    redis.call('PUBLISH', 'axios-breaker/events', '2|' .. string.rep('0', 40) .. '|{"version":1,"epoch":1,'
      .. '"state":"closed","failures":0,"openedFor":0,"heldFor":0,"reason":"/","time":1,"process":"",'
      .. '"circuit":"' .. name .. '"}') end`
  await server.command('CONFIG', 'RESETSTAT')
  await server.command('EVAL', flood, 0)
  await peer.fail()
  await sees({ circuit: 'users', state: 'opened' })
  const { evalsha = 0 } = await server.commandCounts()
  expect(evalsha).toBeLessThan(200)
})

describe('with many circuits, and a slow line', () => {
  const NAMES = Array.from({ length: 20 }, (_, index) => `users ${index}`)
  const OTHERS = 2000
  const COPY = `
    local fields = redis.call('HGETALL', 'axios-breaker/${NAMES[0]}')
    for index = 1, ${OTHERS} do redis.call('HSET', 'axios-breaker/' .. index, unpack(fields)) end`
  const reads = async () => (await server.commandCounts()).evalsha ?? 0
  const statesOf = (name: string) =>
    events().flatMap(({ circuit, state = '' }) => (circuit === name ? [state] : []))

  let proxy: TcpProxy
  beforeEach(async () => {
    proxy = await TcpProxy.start(server.port)
  })
  afterEach(() => proxy.stop())

  it('prints no state that is over, though it read that before a message came', async () => {
    const peer = await join({ names: NAMES, ttl: 0.3 })
    for (const name of NAMES) await peer.fail(name)
    await server.command('EVAL', COPY, 0)
    watching = started(['watch', '--json'], { REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
    await watching.printed('"watching"')
    await peer.becomes('half-opened', NAMES.at(-1))
    proxy.delay = 100
    const before = await reads()
    await until('a reading is half done', async () => (await reads()) > before + OTHERS / 2)
    await Promise.all(NAMES.map((name) => peer.succeed(name)))
    for (const name of NAMES) {
      await until(`${name} is closed`, () => statesOf(name).includes('closed'))
    }
    const after = await reads()
    await until('the next reading has begun', async () => (await reads()) > after + OTHERS, 40)
    for (const name of NAMES) {
      const states = statesOf(name)
      expect(states.slice(states.indexOf('closed'))).not.toContain('opened')
    }
  }, 120_000)
})

it('ends with 0 on Ctrl-C', async () => {
  await watch()
  watching.signal('SIGINT')
  expect(await watching.end()).toMatchObject({ code: 0 })
})

it('ends at the next change if its reader has stopped reading', async () => {
  const peer = await join()
  await peer.fail()
  const ended: Awaited<ReturnType<typeof piped>>[] = []
  const ending = piped(['watch', '--json'], 'head -n 1', redis())
  void ending.then((result) => ended.push(result))
  for (let index = 0; ended.length === 0; index += 1) {
    peer.attach(`users-${index}`)
    await peer.fail(`users-${index}`)
  }
  const { stdout, stderr, code } = await ending
  expect(JSON.parse(stdout)).toMatchObject({ event: 'circuit', state: 'opened' })
  expect([stderr, code]).toEqual(['', 0])
})
