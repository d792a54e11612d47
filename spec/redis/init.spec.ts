/** What init() does, and what it reports if Redis cannot be used. Circuits are local from then on. */
import { createClient } from 'redis'
import { startCluster } from '../../scripts/redis-cluster.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { errorOf } from '../support/plugin-harness.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

let upstream: Upstream
let server: RedisServer
let client: ReturnType<typeof createClient> | undefined
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
beforeEach(async () => {
  // A spec that failed may have left it dead or frozen.
  if (!server.isAnswering) await server.restart()
  await server.command('FLUSHALL')
})
afterEach(async () => {
  await SharedBreaker.closeAll()
  client?.destroy()
  client = undefined
})

/** Connections to Redis, without the one that asks. */
async function connections(): Promise<number> {
  const list = await server.command<string>('CLIENT', 'LIST')
  return list.trim().split('\n').length - 1
}

async function lasting(promise: Promise<unknown>): Promise<number> {
  const start = performance.now()
  await promise.catch(() => undefined)
  return (performance.now() - start) / 1000
}

describe('a process that starts', () => {
  it('reads its circuits by the deadline of init(), and not by that of a probe', async () => {
    const proxy = await TcpProxy.start(server.port)
    proxy.delay = 200
    const url = `redis://127.0.0.1:${proxy.port}`
    const slow = new SharedBreaker(upstream, { url, initDeadline: 20, permitDeadline: 0.05 })
    const error = await slow.breaker.init().catch(String)
    const isUp = slow.breaker.storageUp
    await slow.breaker.close()
    proxy.stop()
    expect({ error, isUp }).toEqual({ error: undefined, isUp: true })
  })

  it('takes over an opened circuit', async () => {
    const first = await SharedBreaker.join(upstream, { url: server.url })
    await first.fail()
    const second = new SharedBreaker(upstream, { url: server.url })
    expect(second.state).toBe('closed')
    await second.breaker.init()
    expect(second.state).toBe('opened')
    expect(second.circuit.retryAfter).toBeCloseTo(first.circuit.retryAfter, 1)
    expect(second.moves).toEqual([
      expect.objectContaining({ circuit: 'users', from: 'closed', to: 'opened', origin: 'shared' }),
    ])
    const { hits } = upstream
    expect(await second.get()).toBe('ERR_CIRCUIT_OPENED')
    expect(upstream.hits).toBe(hits)
  })

  it('respects the probe of another process', async () => {
    const first = await SharedBreaker.join(upstream, { url: server.url }, { ttl: 0.02 })
    await first.fail()
    await first.becomes('half-opened')
    const probe = first.get('/hold')
    await until('the probe is under way', () => upstream.held.length === 1)
    const second = await SharedBreaker.join(upstream, { url: server.url }, { ttl: 0.02 })
    expect(second.state).toBe('half-opened')
    expect(await second.get()).toBe('ERR_CIRCUIT_OPENED')
    upstream.release(200)
    expect(await probe).toBe(200)
    await second.becomes('closed')
    expect(await second.get()).toBe(200)
  })

  it("continues the fleet's count", async () => {
    const first = await SharedBreaker.join(upstream, { url: server.url }, { threshold: 2 })
    await first.fail()
    const second = await SharedBreaker.join(upstream, { url: server.url }, { threshold: 2 })
    expect(second.circuit).toMatchObject({ state: 'closed', failureCount: 1 })
    await second.fail()
    expect(second.state).toBe('opened')
    await first.becomes('opened')
  })

  it('also reads a circuit that it attaches later', async () => {
    const first = await SharedBreaker.join(upstream, { url: server.url }, { names: ['orders'] })
    await first.fail()
    const second = await SharedBreaker.join(upstream, { url: server.url }, { names: [] })
    second.attach('orders')
    await second.becomes('opened')
    expect(await second.get()).toBe('ERR_CIRCUIT_OPENED')
  })

  it('starts with closed circuits if nothing is shared yet, and writes nothing', async () => {
    const first = await SharedBreaker.join(upstream, { url: server.url })
    expect(first.breaker.storageUp).toBe(true)
    expect([first.moves, first.losses, first.restored]).toEqual([[], [], 0])
    expect(await server.command('DBSIZE')).toBe(0)
  })
})

describe('init()', () => {
  it('connects once, however often it is called', async () => {
    const { breaker } = new SharedBreaker(upstream, { url: server.url })
    await Promise.all([breaker.init(), breaker.init(), breaker.init()])
    await breaker.init()
    expect(await connections()).toBe(2)
  })

  it('reconnects after close()', async () => {
    const first = await SharedBreaker.join(upstream, { url: server.url })
    const second = await SharedBreaker.join(upstream, { url: server.url })
    await second.breaker.close()
    expect(second.breaker.storageUp).toBe(false)
    await until('it is disconnected', async () => (await connections()) === 2)
    await second.breaker.init()
    expect(await connections()).toBe(4)
    expect(second.breaker.storageUp).toBe(true)
    await first.fail()
    await second.becomes('opened')
    expect([second.losses, second.restored]).toEqual([[], 0])
  })

  it.each([
    ['close() under way', ['close', 'init']],
    ['both under way', ['close', 'close', 'init', 'close', 'init']],
  ] as const)('wins against calls of %s, and follows the fleet', async (_what, calls) => {
    const first = await SharedBreaker.join(upstream, { url: server.url })
    const second = await SharedBreaker.join(upstream, { url: server.url })
    const ended = await Promise.allSettled(calls.map((call) => second.breaker[call]()))
    expect(ended.at(-1)).toMatchObject({ status: 'fulfilled' })
    expect([second.breaker.storageUp, await connections()]).toEqual([true, 4])
    await first.fail()
    await second.becomes('opened')
    expect([second.losses, second.restored]).toEqual([[], 0])
  })

  it('joins anew after an init() and a close() that nobody has waited for', async () => {
    const first = await SharedBreaker.join(upstream, { url: server.url })
    await first.fail()
    const { breaker, circuit, losses } = new SharedBreaker(upstream, { url: server.url })
    const abandoned = errorOf(breaker.init())
    const closed = breaker.close()
    await breaker.init()
    expect(circuit.state).toBe('opened')
    expect(String(await abandoned)).toContain('init() has ended: breaker.close() was called')
    await closed
    await until('there are two connections more', async () => (await connections()) === 4)
    expect([breaker.storageUp, losses]).toEqual([true, []])
  })

  it('waits for a client that its owner is connecting, and asks the owner to connect an idle one', async () => {
    client = createClient({ url: server.url })
    const peer = new SharedBreaker(upstream, { client })
    const error = await errorOf(peer.breaker.init())
    expect(String(error)).toContain('The client is not connected: call its connect() first')
    const connecting = client.connect()
    await peer.breaker.init()
    expect(peer.breaker.storageUp).toBe(true)
    const other = await SharedBreaker.join(upstream, { url: server.url })
    await other.fail()
    await peer.becomes('opened')
    await connecting
  })
})

/** Goes on after init() has failed: alone at first, and with the others as soon as that is possible. */
async function joinsAfter(peer: SharedBreaker, mend: () => Promise<unknown>): Promise<void> {
  expect(peer.breaker.storageUp).toBe(false)
  expect(peer.losses).toHaveLength(1)
  expect(await peer.get('/status/200')).toBe(200)
  await peer.get('/status/500')
  expect(peer.state).toBe('opened')
  expect(await peer.get()).toBe('ERR_CIRCUIT_OPENED')
  await mend()
  await until('it has joined', () => peer.breaker.storageUp === true)
  expect([peer.losses.length, peer.restored]).toEqual([1, 1])
}

describe('init() rejects at its deadline if Redis does not answer', () => {
  const troubles: [string, () => unknown, RegExp][] = [
    ['is down', () => server.kill(), /connect ECONNREFUSED 127\.0\.0\.1:\d+/],
    [
      'is frozen',
      () => server.freeze(),
      /it did not answer in time \(The server accepts connections, but does not answer\)/,
    ],
  ]
  it.each(troubles)('because it %s, and joins when Redis is back', async (_how, trouble, why) => {
    await trouble()
    const peer = new SharedBreaker(upstream, { url: server.url, initDeadline: 1 })
    const patient = new SharedBreaker(upstream, { url: server.url, initDeadline: 60 })
    const ended = jest.fn()
    void patient.breaker.init().then(ended, ended)
    const promise = peer.breaker.init()
    expect(await lasting(promise)).toBeGreaterThan(0.99)
    // Its deadline has ended it, and nothing else.
    expect(ended).not.toHaveBeenCalled()
    const error = await errorOf(promise)
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toMatch(/Could not reach the storage within 1 s: /)
    expect(String(error)).toMatch(why)
    await joinsAfter(peer, () => server.restart())
    const other = await SharedBreaker.join(
      upstream,
      { url: server.url },
      { names: ['users', 'orders'] },
    )
    await other.fail('orders')
    await other.fail('users')
    await peer.becomes('opened')
  })

  it('and resolves when it is called again later', async () => {
    await server.kill()
    const { breaker } = new SharedBreaker(upstream, { url: server.url, initDeadline: 0.2 })
    await Promise.all([errorOf(breaker.init()), errorOf(breaker.init())])
    await errorOf(breaker.init())
    await server.restart()
    await until('it resolves', () =>
      breaker.init().then(
        () => true,
        () => false,
      ),
    )
    expect(breaker.storageUp).toBe(true)
    await until('there are two connections', async () => (await connections()) === 2)
  })
})

/** May do everything at first. */
const PERMISSIONS = ['reset', 'on', '>hunter2', '~*', '&*', '+@all']

describe('init() rejects at once if Redis refuses the process', () => {
  const acl = (...rules: string[]) => server.command('ACL', 'SETUSER', 'someone', ...rules)
  const refusals: [string, readonly string[], RegExp][] = [
    ['the password is wrong', ['resetpass', '>other'], /WRONGPASS/],
    ['the user is switched off', ['off'], /WRONGPASS/],
    ['keys are forbidden', ['resetkeys'], /NOPERM.* key/],
    ['scripts are forbidden', ['-evalsha', '-eval'], /NOPERM.*eval/],
    ['writing is forbidden', ['-hset'], /can't run this command|no permissions to run/],
    [
      'a command of the script is forbidden',
      ['-hmget'],
      /can't run this command|no permissions to run/,
    ],
    ['the channel is forbidden', ['resetchannels'], /NOPERM.*channel/],
  ]
  it.each(refusals)('because %s, and joins when that is fixed', async (_what, rules, why) => {
    await acl(...PERMISSIONS)
    await acl(...rules)
    const url = server.url.replace('//', '//someone:hunter2@')
    const peer = new SharedBreaker(upstream, { url })
    const promise = peer.breaker.init()
    expect(await lasting(promise)).toBeLessThan(5)
    expect(String(await errorOf(promise))).toMatch(why)
    await joinsAfter(peer, () => acl(...PERMISSIONS))
    // It has not reported what it saw alone, and it follows the others.
    const other = await SharedBreaker.join(upstream, { url: server.url }, { ttl: 0.02 })
    expect(other.state).toBe('closed')
    await other.fail()
    await other.becomes('half-opened')
    const probe = other.get('/hold')
    await until('the probe is under way', () => upstream.held.length === 1)
    await peer.becomes('half-opened')
    upstream.release(200)
    await probe
    await peer.becomes('closed')
  })
})

it('a key of another type makes its circuit local, and the others stay shared', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  await server.command('SET', 'axios-breaker/users', 'something else')
  const names = ['users', 'orders']
  const [one, two] = await Promise.all([
    SharedBreaker.join(upstream, { url: server.url, refresh: 0.2 }, { names }),
    SharedBreaker.join(upstream, { url: server.url, refresh: 0.2 }, { names }),
  ])
  expect(one.breaker.storageUp).toBe(true)
  await one.fail('users')
  await one.fail('orders')
  await two.becomes('opened', 'orders')
  expect([one.opened, two.opened, one.losses]).toEqual([['users', 'orders'], ['orders'], []])
  const warnings = warn.mock.calls.map(([text]) => String(text))
  expect(warnings.filter((text) => /"users" is not shared: WRONGTYPE/.test(text))).toHaveLength(2)
  expect(warnings).toHaveLength(2)
  warn.mockRestore()
  await server.command('DEL', 'axios-breaker/users')
  const keys = () => server.command('EXISTS', 'axios-breaker/users')
  await until('the circuit is shared again', async () => {
    await two.fail('users')
    return (await keys()) === 1
  })
})

/** Waits until init() rejects for this reason. A short deadline may end it before the reason is known. */
async function expectRejection(url: string, reason: RegExp): Promise<SharedBreaker> {
  const peer = new SharedBreaker(upstream, { url, initDeadline: 0.5 })
  await until(`init() rejects because of ${reason}`, async () =>
    reason.test(String(await errorOf(peer.breaker.init()))),
  )
  return peer
}

describe('init() rejects if nothing can be shared', () => {
  it('through a replica that refuses writes', async () => {
    const replica = await RedisServer.start({ config: [`replicaof 127.0.0.1 ${server.port}`] })
    await expectRejection(replica.url, /READONLY/)
    await replica.stop()
  })

  it('through a single node of a cluster, and says which client to pass instead', async () => {
    const cluster = await startCluster()
    for (const { url } of cluster.rootNodes) {
      await expectRejection(url, /MOVED.* a node of a cluster\. .* createCluster/)
    }
    client = createClient({ url: cluster.rootNodes[0]?.url as string })
    await client.connect()
    const peer = new SharedBreaker(upstream, { client })
    expect(String(await errorOf(peer.breaker.init()))).toMatch(/createCluster/)
    await SharedBreaker.closeAll()
    client.destroy()
    await cluster.stop()
  })

  it('through a full server, and joins when it has room', async () => {
    const full = await RedisServer.start({ config: ['maxclients 3'] })
    const holders = [1, 2].map(() => createClient({ url: full.url }))
    await Promise.all(holders.map((holder) => holder.connect()))
    const peer = await expectRejection(full.url, /max number of clients reached/)
    for (const holder of holders) holder.destroy()
    await until('it has joined', () => peer.breaker.storageUp === true)
    await SharedBreaker.closeAll()
    await full.stop()
  })

  it('through a server that is out of memory', async () => {
    const small = await RedisServer.start({ config: ['maxmemory 1'] })
    await expectRejection(small.url, /OOM/)
    await SharedBreaker.closeAll()
    await small.stop()
  })

  it.each([
    [
      'rediss:// to a port without TLS',
      () => server.url.replace('redis:', 'rediss:'),
      /use redis:/,
    ],
    ['a host that nobody knows', () => 'redis://nowhere.invalid', /ENOTFOUND|EAI_AGAIN/],
  ])('with %s', async (_what, url, why) => {
    await expectRejection(url(), why)
  })

  it('with redis:// to a port with TLS', async () => {
    const secure = await RedisServer.start({ tls: true })
    const url = secure.url.replace('rediss:', 'redis:')
    await expectRejection(url, /use rediss:/)
    await SharedBreaker.closeAll()
    await secure.stop()
  })
})

it.each([
  ['fewer than 200 commands, init() rejects', 199, /The queue is full/],
  ['200 commands, a process joins with more circuits than that', 200, /^joined$/],
])('over a client with room for %s', async (_what, room, expected) => {
  client = createClient({ url: server.url, commandsQueueMaxLength: room })
  client.on('error', () => undefined)
  await client.connect()
  const names = Array.from({ length: 300 }, (_, index) => `circuit-${index}`)
  const many = new SharedBreaker(upstream, { client }, { names })
  expect(await many.breaker.init().then(() => 'joined', String)).toMatch(expected)
})
