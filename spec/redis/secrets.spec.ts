/** Errors say what is wrong with an option. No error, event or log shows a password. */
import { inspect } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import { createClient } from 'redis'
import { CircuitBreaker, ConfigError } from '../../lib/index.js'
import {
  adviseOwner,
  asCircuitError,
  explain,
  explainConnectError,
} from '../../lib/redis/failure-reasons.js'
import { RedisStorage, type RedisClient, type RedisStorageOptions } from '../../lib/redis/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { Child } from '../support/child.js'
import { errorOf } from '../support/plugin-harness.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

const PASSWORD = 'hunter2'
const SECRET = /hunter2/

let upstream: Upstream
let server: RedisServer
let child: Child | undefined
const clients: (Redis | Cluster)[] = []
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start({ config: ['requirepass another'] })
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
afterEach(async () => {
  child?.kill()
  await SharedBreaker.closeAll()
  for (const client of clients.splice(0)) client.disconnect()
})

/** Clients of ioredis that log in with the password. They connect once. */
const IOREDIS: Record<string, (port: number) => Redis | Cluster> = {
  'a Redis': (port) => new Redis({ port, username: 'default', password: PASSWORD, lazyConnect: true, retryStrategy: null }), // prettier-ignore
  'a Redis by its url': (port) => new Redis(withPassword({ port }), { lazyConnect: true, retryStrategy: null }), // prettier-ignore
  'a Cluster': (port) =>
    new Cluster([{ host: '127.0.0.1', port }], {
      redisOptions: { password: PASSWORD },
      lazyConnect: true,
      clusterRetryStrategy: null,
    }),
}

function clientOf(kind: string, port: number): RedisClient {
  const client = (IOREDIS[kind] as (typeof IOREDIS)[string])(port)
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

const withPassword = ({ port }: { readonly port: number }, rest = '') =>
  `redis://someone:${PASSWORD}@127.0.0.1:${port}${rest}`

/** Everything that a careless caller might log of an error. */
const shown = (error: unknown): string =>
  [inspect(error, { depth: 9, showHidden: true }), String(error), JSON.stringify(error)].join('\n')

describe('the error names a wrong option of RedisStorage, with the expected and the given value', () => {
  const url = 'redis://localhost'
  const wrong: [string, unknown, string[]][] = [
    ['no object', undefined, ['Expected an object with some of', 'given undefined']],
    ['nothing', {}, ['Expected url or client, given neither']],
    ['both', { url, client: createClient() }, ['Expected either url or client, given both']],
    ['a number as url', { url: 7 }, ['Expected a string, given a number', 'at url']],
    [
      'another scheme',
      { url: 'http://localhost' },
      ['Expected a redis:// or rediss:// URL', 'at url'],
    ],
    [
      'a client that is none',
      { client: {} },
      ['package redis, or a Redis or Cluster of ioredis, given an object', 'at client'],
    ],
    [
      'a prefix',
      { url, prefix: 'a/b' },
      ['Expected letters, digits and :._-, given a string', 'at prefix'],
    ],
    ['a quorum', { url, quorum: 0 }, ['Expected a whole number from 1, given 0', 'at quorum']],
    ...['permitDeadline', 'commandDeadline', 'initDeadline', 'lease', 'refresh'].map(
      (name): [string, unknown, string[]] => [
        name,
        { url, [name]: '1' },
        ['Expected a number of seconds above 0, and at most 2147483, given a string', `at ${name}`],
      ],
    ),
    ['an unknown one', { url, perfix: 'a' }, ['Expected an object with some of', 'given "perfix"']],
    ['several', { url, quorum: -1, lease: NaN }, ['at quorum', 'given NaN', 'at lease']],
  ]
  it.each(wrong)('%s', (_what, options, texts) => {
    const error = thrownBy(options)
    expect(error).toBeInstanceOf(ConfigError)
    for (const text of ['Invalid options of RedisStorage', ...texts]) {
      expect(String(error)).toContain(text)
    }
  })

  it.each(['#x', '/x', '?x', '%zz', '%', ' x', '[x'])(
    'the error says how to write a password that contains %s',
    (rest) => {
      for (const credentials of [`:${PASSWORD}${rest}`, `someone:${PASSWORD}${rest}`]) {
        const error = thrownBy({ url: `redis://${credentials}@localhost` })
        expect(String(error)).toMatch(/not encoded: pass both through encodeURIComponent\(\) first/)
        expect(shown(error)).not.toMatch(SECRET)
        const encoded = credentials.split(':').map(encodeURIComponent).join(':')
        expect(thrownBy({ url: `redis://${encoded}@localhost` })).toBeInstanceOf(RedisStorage)
      }
    },
  )

  it.each([
    `http://someone:${PASSWORD}@localhost`,
    `someone:${PASSWORD}@localhost`,
    `redis://someone:${PASSWORD}@local host`,
    `redis://someone:${PASSWORD}@localhost:port`,
    `redis://someone:${PASSWORD}@localhost/users`,
    `redis://someone:${PASSWORD}%zz@localhost`,
    `redis://someone:${PASSWORD}@`,
  ])('without showing a url that is wrong: %s', (text) => {
    const error = thrownBy({ url: text })
    expect(error).toBeInstanceOf(ConfigError)
    expect(String(error)).toContain('Expected a redis:// or rediss:// URL')
    expect(String(error)).toContain('at url')
    expect(shown(error)).not.toMatch(SECRET)
  })
})

function thrownBy(options: unknown): unknown {
  try {
    return new RedisStorage(options as RedisStorageOptions)
  } catch (error) {
    return error
  }
}

describe('nothing shows a password', () => {
  it('if Redis refuses it', async () => {
    const peer = new SharedBreaker(upstream, { url: withPassword(server) })
    const error = await errorOf(peer.breaker.init())
    expect(String(error)).toContain('WRONGPASS')
    expect(shown([error, peer.losses])).not.toMatch(SECRET)
  })

  it.each(Object.keys(IOREDIS))('if Redis refuses that of ioredis: %s', async (kind) => {
    const client = clientOf(kind, server.port)
    const peer = new SharedBreaker(upstream, { client, initDeadline: 1 })
    const errors = [await errorOf(peer.breaker.init()), await errorOf(peer.circuit.force('opened'))]
    // The connection for messages may be the last to fail: no node has told it where the others are.
    for (const error of errors) expect(String(error)).toMatch(/WRONGPASS|none of its nodes/)
    expect(shown([...errors, peer.losses])).not.toMatch(SECRET)
  })

  it.each(Object.keys(IOREDIS))('if a server quotes a command of ioredis: %s', async (kind) => {
    const old = await RedisServer.start({ config: ['rename-command AUTH ""'] })
    const client = clientOf(kind, old.port)
    const peer = new SharedBreaker(upstream, { client, initDeadline: 1 })
    const error = await errorOf(peer.breaker.init())
    expect(String(error)).toMatch(/unknown command|none of its nodes/)
    expect(shown([error, peer.losses])).not.toMatch(SECRET)
    await SharedBreaker.closeAll()
    await old.stop()
  })

  it('if a server quotes a command that it does not understand', async () => {
    const config = ['rename-command HELLO ""', 'rename-command AUTH ""']
    const old = await RedisServer.start({ config })
    const client = createClient({ url: withPassword(old), RESP: 2 })
    const errors: unknown[] = []
    client.on('error', (error) => errors.push(error))
    void client.connect().catch(() => undefined)
    const both = [{ url: withPassword(old) }, { client }]
    for (const storage of both) {
      const peer = new SharedBreaker(upstream, { ...storage, initDeadline: 1 })
      const error = await errorOf(peer.breaker.init())
      expect(String(error)).toContain('unknown command')
      expect(shown([error, peer.losses])).not.toMatch(SECRET)
    }
    await SharedBreaker.closeAll()
    client.destroy()
    await old.stop()
  })

  it('if Redis is down, or goes down', async () => {
    const open = await RedisServer.start({ config: [`user someone on >${PASSWORD} ~* &* +@all`] })
    const client = createClient({ url: withPassword(open) })
    await client.connect()
    const peers = await Promise.all([
      SharedBreaker.join(upstream, { url: withPassword(open) }),
      SharedBreaker.join(upstream, { client }),
    ])
    await open.kill()
    await until('both have lost it', () => peers.every(({ losses }) => losses.length > 0))
    const late = new SharedBreaker(upstream, { url: withPassword(open), initDeadline: 1 })
    const error = await errorOf(late.breaker.init())
    expect(String(error)).toContain('ECONNREFUSED')
    expect(shown([error, ...[...peers, late].map(({ losses }) => losses)])).not.toMatch(SECRET)
    await SharedBreaker.closeAll()
    client.destroy()
    await open.stop()
  })

  it('if the storage or the breaker is printed', () => {
    const storage = new RedisStorage({ url: withPassword(server) })
    const breaker = new CircuitBreaker({ storage })
    expect(shown([storage, breaker])).not.toMatch(SECRET)
    for (const kind of Object.keys(IOREDIS)) {
      const lent = new RedisStorage({ client: clientOf(kind, server.port) })
      expect(shown([lent, new CircuitBreaker({ storage: lent })])).not.toMatch(SECRET)
    }
  })

  it('if an error of a client has properties that only this client knows', () => {
    const command = { name: 'auth', args: ['default', PASSWORD] }
    const quoting = Object.assign(new Error(`ERR unknown command 'auth', with args beginning with: '${PASSWORD}'`), { command }) // prettier-ignore
    const errors = [
      quoting,
      Object.assign(new Error('READONLY'), {
        command,
        previousErrors: [quoting],
        options: command,
      }),
      Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: quoting }),
      new AggregateError([quoting, quoting], ''),
      new Error('It failed', { cause: quoting }),
    ]
    const rewrites = [explain, explainConnectError, (error: unknown) => adviseOwner(explain(error))]
    for (const rewrite of rewrites) {
      for (const error of errors) {
        const made = rewrite(Object.assign(error, { code: 'ECODE' }))
        expect(shown([made, asCircuitError(made)])).not.toMatch(SECRET)
      }
      expect(rewrite(errors[0])).toMatchObject({ message: "ERR unknown command 'auth'", code: 'ECODE' }) // prettier-ignore
    }
  })

  it('if a process dies of an uncaught error', async () => {
    const script = `
      const breaker = new CircuitBreaker({ storage: new RedisStorage({ url: settings.url }) })
      breaker.on('storageLost', console.log)
      await breaker.init()`
    child = new Child(script, { url: withPassword(server) })
    expect(await child.end()).toBe(1)
    expect(child.output).toContain('WRONGPASS')
    expect(child.output).not.toMatch(SECRET)
  })
})
