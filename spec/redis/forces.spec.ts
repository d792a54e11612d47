/** The list of forced circuits in Redis: what harms it, what it harms, and who may read the names. */
import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import fc from 'fast-check'
import type { ForceCommand, ForceList } from '../../lib/fleet/index.js'
import { forceArguments, parseForceReply } from '../../lib/redis/force-wire.js'
import { RedisStorage, type RedisStorageOptions } from '../../lib/redis/index.js'
import { FORCES_SCRIPT } from '../../lib/redis/lua/forces.js'
import { NO_FORCES } from '../../lib/storage/forces.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { PASSWORD, RULE, USER } from '../support/acl.js'
import { namesFor } from '../support/circuit-names.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

const LONG = 60_000
const KEY = 'axios-breaker/'
/** Seconds allowed for one call of the script on a busy machine. */
const SLOW = 0.25

let redis: RedisServer
let upstream: Upstream
let admin: Awaited<ReturnType<typeof connect>>
const connect = () => createClient({ url: redis.url }).connect()
beforeAll(async () => {
  redis = await RedisServer.start()
  upstream = await Upstream.start()
  admin = await connect()
}, LONG)
let warnings: jest.SpyInstance
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(async () => {
  warnings.mockRestore()
  await SharedBreaker.closeAll()
  await admin.flushAll()
})
afterAll(async () => {
  admin.destroy()
  await upstream.stop()
  await redis.stop()
})

const join = (options: RedisStorageOptions = {}) =>
  SharedBreaker.join(upstream, { url: redis.url, refresh: 0.3, ...options } as never)
const forcedOf = ({ circuit }: SharedBreaker) => circuit.forced?.state

/** What a connection of its own answers. */
async function ask(command: ForceCommand) {
  const connection = new RedisStorage({ url: redis.url }).connect({
    pushed: () => undefined,
    hinted: () => undefined,
    resumed: () => undefined,
    lost: () => undefined,
  })
  await connection.ready
  try {
    return await connection.forces?.({ ...command, process: 'p', deadline: 5, known: NO_FORCES })
  } finally {
    await connection.close()
  }
}

describe('whatever somebody else writes to the key of the list', () => {
  const MANY = 400_000
  const SHAPES: Readonly<Record<string, string>> = {
    'no JSON': 'x',
    'JSON of another kind': '{"a":1}',
    'a deep list': `${'['.repeat(900)}${']'.repeat(900)}`,
    'a list that is too deep': '['.repeat(MANY),
    'a list that is too long': `[${'"x",'.repeat(MANY)}"x"]`,
    'entries of other kinds': '[1,null,"x",{},[],[1],[null,null],[[],[]]]',
    'entries without names': '[{"circuit":"","version":1,"at":1,"state":"opened"},{"version":1}]',
    'entries of nonsense':
      '[{"circuit":"users","version":"x","at":{},"state":[],"lasts":null,"by":7,"reason":{}}]',
    'thousands of entries': `[${Array.from({ length: 20_000 }, (_item, index) => `{"circuit":"c${index}","version":1,"at":1,"state":"opened","lasts":1}`).join()}]`,
    'huge numbers':
      '[{"circuit":"users","version":1e308,"at":1e308,"state":"opened","lasts":1e308}]',
    'negative numbers':
      '[{"circuit":"users","version":-1,"at":-1,"state":"closed","lasts":-1e308}]',
    'long texts': `[{"circuit":"users","version":1,"at":1,"state":"opened","by":"${'y'.repeat(100_000)}","reason":"${'z'.repeat(100_000)}"}]`,
  }

  it.each(Object.entries(SHAPES))(
    'no call takes long, and forces still reach everybody, with %s',
    async (_what, forces) => {
      // A busy machine may stop Redis in the middle of a call, so there are more rounds until it does not.
      await until('no call takes long', async () => (await slowestWith(forces)) < SLOW, 40)
    },
    LONG,
  )

  /** Forces a circuit beside such a list, and lifts the force. @returns the seconds of the longest call */
  async function slowestWith(forces: string): Promise<number> {
    await admin.flushAll()
    await admin.sendCommand(['CONFIG', 'SET', 'slowlog-log-slower-than', '1000'])
    await admin.sendCommand(['SLOWLOG', 'RESET'])
    await admin.hSet(KEY, { forces, forcesVersion: '5', forcesFloor: '3', forcesFormat: '1' })
    const [one, two] = await Promise.all([join(), join()])
    await one.circuit.force('closed', { by: 'ann' })
    await until('the other knows', () => two.circuit.forced?.by === 'ann')
    await two.circuit.unforce()
    await until('it is lifted', () => forcedOf(one) === undefined)
    expect([...one.losses, ...two.losses]).toEqual([])
    expect(await admin.pTTL(KEY)).toBeGreaterThan(0)
    await SharedBreaker.closeAll()
    const log = (await admin.sendCommand(['SLOWLOG', 'GET', '-1'])) as unknown as [number, number, number][] // prettier-ignore
    return Math.max(0, ...log.map(([, , microseconds]) => microseconds / 1e6))
  }

  it(
    'the list survives any content of its fields',
    async () => {
      const value = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.json({ maxDepth: 4 }),
        fc.constantFrom('-1', 'nan', 'inf', '1e308', '9007199254740993', '', '[]', '0x7f'),
      )
      const names = ['forces', 'forcesVersion', 'forcesFloor'] as const
      const fields = fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1 })
      const peer = await join({ refresh: 0.05 })
      await fc.assert(
        fc.asyncProperty(fields, async (given) => {
          await admin.del(KEY)
          await admin.hSet(KEY, given)
          await peer.circuit.force('closed', { by: 'ann' })
          expect(peer.circuit.forced?.by).toBe('ann')
          expect((await ask({ op: 'read' }))?.forces).toMatchObject([{ circuit: 'users' }])
          await peer.circuit.unforce()
          expect(peer.circuit.forced).toBeUndefined()
        }),
        { numRuns: 100, endOnFailure: true },
      )
      expect(peer.losses).toEqual([])
    },
    LONG,
  )

  it('a key of another type leaves the circuits alone, and force says why it cannot', async () => {
    await admin.set(KEY, 'somebody else’s')
    const [one, two] = await Promise.all([join(), join()])
    await expect(one.circuit.force('opened')).rejects.toThrow(/^Could not force the circuit "users" for the fleet: .*WRONGTYPE/) // prettier-ignore
    expect(one.circuit.forced).toBeUndefined()
    const text = expect.stringContaining('Forced circuits are not shared: WRONGTYPE') as string
    expect(warnings.mock.calls).toEqual([[text], [text]])
    await one.fail()
    await two.becomes('opened')
    expect([...one.losses, ...two.losses]).toEqual([])
    await admin.del(KEY)
    await one.circuit.force('closed')
    await until('the other knows', () => forcedOf(two) === 'closed')
  })

  it('a list of a later release is left alone, until its version is too old to count', async () => {
    const peer = await join()
    const version = String(Date.now() * 1000)
    const later = { forces: '<later>', forcesVersion: version, forcesFormat: '2' }
    await admin.hSet(KEY, later)
    await expect(peer.circuit.force('opened')).rejects.toThrow(/a later release .* in format 2/)
    expect(await admin.hGetAll(KEY)).toEqual(later)
    expect(peer.losses).toEqual([])
    await admin.hSet(KEY, 'forcesVersion', '7')
    await peer.circuit.force('opened')
    expect(await admin.hGet(KEY, 'forcesFormat')).toBe('1')
  })

  it('a version of the far future is forgotten, and its force is not', async () => {
    const version = String(Number.MAX_SAFE_INTEGER - 10)
    const forces = JSON.stringify([
      { circuit: 'users', version: Number(version), at: 1, state: 'opened', by: 'ann' },
    ])
    await admin.hSet(KEY, { forces, forcesVersion: version, forcesFloor: '0', forcesFormat: '1' })
    const [one, two] = await Promise.all([join(), join()])
    expect([forcedOf(one), forcedOf(two)]).toEqual(['opened', 'opened'])
    await one.circuit.unforce()
    await until('it is lifted', () => forcedOf(two) === undefined)
  })
})

describe('a read that is carried out long after it was sent', () => {
  const version = Date.now() * 1000
  const force = { circuit: 'users', version, state: 'opened', endsIn: 3600 } as const
  /** Many other forces were lifted since this one. */
  const known: ForceList = { version: version + 9, floor: version + 5, forces: [force], lifted: [] }

  async function read(expires: number) {
    const question = { op: 'read', process: 'p', deadline: 5, known } as const
    const args = forceArguments(question, { channel: 'c', expires, needsWrites: false })
    return parseForceReply(await admin.eval(FORCES_SCRIPT, { keys: [KEY], arguments: args }))
  }

  it('lifts no force that has an end, although it is older than those that its sender has forgotten', async () => {
    await read(0)
    const { isLate, answer } = await read(1)
    expect(isLate).toBe(true)
    expect(answer.forces).toMatchObject([{ circuit: 'users', version }])
    expect((await read(0)).answer.forces).toHaveLength(1)
  })

  it('keeps no other process from writing again what Redis has lost', async () => {
    const { isLate, answer } = await read(1)
    expect(isLate).toBe(true)
    expect(answer.forces).toEqual([])
    expect((await read(0)).answer.forces).toMatchObject([{ circuit: 'users', version }])
  })
})

describe('messages about the list', () => {
  it('that are forged cost one read a second after five at once, and change nothing', async () => {
    const peer = await join({ refresh: 600 })
    await peer.circuit.force('closed')
    const body = (forces: unknown) => `2|${'0'.repeat(40)}|{"version":1,"epoch":0,"state":"closed","failures":0,"openedFor":0,"heldFor":0,"reason":"/","time":1,"process":"","circuit":"","forces":${String(forces)}}` // prettier-ignore
    await redis.command('CONFIG', 'RESETSTAT')
    const start = performance.now()
    for (let count = 0; performance.now() - start < 2500; count += 1) {
      await admin.publish('axios-breaker/events', body(count))
      await admin.publish('axios-breaker/events', body('"x"'))
    }
    const { evalsha = 0 } = await redis.commandCounts()
    const seconds = (performance.now() - start) / 1000
    expect(evalsha).toBeLessThanOrEqual(Math.ceil(seconds + 5))
    expect(evalsha).toBeGreaterThanOrEqual(2)
    expect(forcedOf(peer)).toBe('closed')
    expect(peer.losses).toEqual([])
  })
})

describe('a user of Redis', () => {
  const userUrl = () => redis.url.replace('redis://', `redis://${USER}:${PASSWORD}@`)
  afterEach(() => redis.command('ACL', 'DELUSER', USER))

  it('with the permissions of the docs shares forces', async () => {
    await redis.command('ACL', 'SETUSER', USER, ...RULE.split(' '))
    const [one, two] = await Promise.all([join({ url: userUrl() }), join({ url: userUrl() })])
    await one.circuit.force('opened')
    await until('the other knows', () => forcedOf(two) === 'opened')
  })

  it('who may not publish shares forces at the next refresh', async () => {
    await redis.command('ACL', 'SETUSER', USER, ...RULE.replace(' +publish', '').split(' '))
    const [one, two] = await Promise.all([join({ url: userUrl() }), join({ url: userUrl() })])
    await one.circuit.force('opened')
    expect(forcedOf(one)).toBe('opened')
    await until('the other knows', () => forcedOf(two) === 'opened')
    expect([...one.losses, ...two.losses]).toEqual([])
  })

  it('needs +scan, and no more, to list the names', async () => {
    await redis.command('ACL', 'SETUSER', USER, ...RULE.split(' '))
    await expect(namesFor({ url: userUrl() })).rejects.toThrow(/NOPERM/)
    await redis.command('ACL', 'SETUSER', USER, '+scan')
    await expect(namesFor({ url: userUrl() })).resolves.toEqual([])
  })
})

describe('the names of circuits', () => {
  const NAMES = ['"', 'a/b', 'a*', 'ä 🐸', '\n', ...Array.from({ length: 3000 }, (_item, at) => `c${at}`)].toSorted() // prettier-ignore

  async function fill(): Promise<void> {
    const keys = [
      ...NAMES.map((name) => `axios-breaker/${name}`),
      KEY,
      'axios-breaker-2/x',
      'other',
    ]
    await Promise.all(keys.map((key) => admin.hSet(key, 'state', 'closed')))
  }

  it('are listed through each kind of client, those of this prefix alone', async () => {
    await fill()
    const client = await connect()
    const pool = createClientPool({ url: redis.url })
    await pool.connect()
    const io = new Redis(redis.port, '127.0.0.1')
    try {
      for (const options of [{ url: redis.url }, { client }, { client: pool }, { client: io }]) {
        expect(await namesFor(options as RedisStorageOptions)).toEqual(NAMES)
      }
    } finally {
      client.destroy()
      pool.destroy()
      io.disconnect()
    }
  })
})
