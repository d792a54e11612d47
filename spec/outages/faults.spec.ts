/** Redis can be frozen, killed, emptied, full, read-only or in a mess: requests go on, and the fleet finds together again. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { freePort } from '../../scripts/ports.mjs'
import { figure } from './figures.js'
import { clock, Fleet, KEY, PASSWORD } from './fleet.js'

let redis: RedisServer
let fleet: Fleet
beforeAll(async () => {
  redis = await RedisServer.start()
  const url = redis.url.replace('//', `//default:${PASSWORD}@`)
  fleet = await Fleet.start({ storage: { url } })
}, 20_000)
afterAll(async () => {
  await fleet.stop()
  await redis.stop()
})
beforeEach(async () => {
  await fleet.recover()
  await fleet.reset()
})

interface Fault {
  readonly what: string
  readonly strike: () => unknown
  readonly mend: () => unknown
  /** What the user is told. */
  readonly reason: RegExp
  /** Requests of each process that wait for the deadline of a permit. */
  readonly waits: number
}

const CLOSED = /Socket closed unexpectedly|ECONNREFUSED|ECONNRESET/

const FAULTS: readonly Fault[] = [
  {
    what: 'frozen',
    strike: () => redis.freeze(),
    mend: () => redis.thaw(),
    reason: /^No answer from the storage within 0\.[15] s$/,
    waits: 1,
  },
  {
    what: 'killed, and started again empty',
    strike: () => redis.kill(),
    mend: () => redis.restart(),
    reason: CLOSED,
    waits: 0,
  },
  {
    what: 'full',
    strike: () => redis.command('CONFIG', 'SET', 'maxmemory', 1),
    mend: () => redis.command('CONFIG', 'SET', 'maxmemory', 0),
    reason: /OOM command not allowed/,
    waits: 0,
  },
  {
    what: 'read-only, a replica whose master is out of reach',
    strike: async () => redis.command('REPLICAOF', '127.0.0.1', await freePort()),
    mend: () => redis.command('REPLICAOF', 'NO', 'ONE'),
    reason: /READONLY/,
    waits: 0,
  },
  {
    what: 'holding another type under the name of the key',
    strike: () =>
      redis.command('EVAL', "redis.call('DEL', ARGV[1]) redis.call('LPUSH', ARGV[1], 1)", 0, KEY),
    mend: () => redis.command('DEL', KEY),
    reason: /WRONGTYPE/,
    waits: 0,
  },
]

it.each(FAULTS)(
  'an outage outlives a Redis that is $what',
  async ({ what, strike, mend, reason, waits }) => {
    await fleet.break()
    await strike()
    for (const told of await fleet.lost()) {
      expect(told).toMatch(reason)
      expect(told).not.toContain(PASSWORD)
    }
    expect(await fleet.probesAlone(2)).toEqual([])
    await mend()
    const mended = clock()
    const rejoined = (await fleet.restored()).map((at) => at - mended)
    expect(await fleet.probesTogether(2)).toEqual([])
    expect(await redis.command('HGET', KEY, 'state')).toMatch(/opened/)
    await fleet.recover()
    for (const { longWaits, longest, ...harm } of await fleet.harm()) {
      expect(harm).toEqual({ other: 0, errors: [], lost: 1, restored: 1 })
      expect(longWaits).toBeLessThanOrEqual(waits)
      expect(longest).toBeLessThan(1)
    }
    await figure(what, fleet, rejoined)
  },
  40_000,
)
