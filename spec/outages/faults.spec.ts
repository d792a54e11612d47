/**
 * Redis can be frozen, killed, flushed, full, read-only or corrupted: requests go on, and the fleet recovers.
 */
import { freePort } from '../../scripts/ports.mjs'
import { until } from '../support/until.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { clock } from '../support/machine-clock.mjs'
import { LoadedFleet, KEY, PASSWORD } from './fleet.js'
import { endure, expectNoHarm, printFigures, type Fault } from './outage.js'

const LONG = 40_000

let redis: RedisServer
let fleet: LoadedFleet
beforeAll(async () => {
  redis = await RedisServer.start()
  const url = redis.url.replace('//', `//default:${PASSWORD}@`)
  fleet = await LoadedFleet.start({ storage: { url } })
}, LONG)
afterAll(async () => {
  await fleet.stop()
  await redis.stop()
})
beforeEach(async () => {
  await fleet.recover()
  await fleet.forget()
})

const FAULTS: readonly Fault[] = [
  {
    what: 'frozen',
    strike: () => redis.freeze(),
    mend: () => redis.thaw(),
    reason: /^No answer from the storage within [\d.]+ s$/,
    waits: 1,
  },
  {
    what: 'killed, and started again empty',
    strike: () => redis.kill(),
    mend: () => redis.restart(),
    reason: /Socket closed unexpectedly|ECONNREFUSED|ECONNRESET/,
    waits: 0,
  },
  {
    what: 'full',
    strike: () => redis.command('CONFIG', 'SET', 'maxmemory', 1),
    mend: () => redis.command('CONFIG', 'SET', 'maxmemory', 0),
    reason: /^OOM command not allowed/,
    waits: 0,
  },
  {
    what: 'read-only, a replica whose master is out of reach',
    strike: async () => redis.command('REPLICAOF', '127.0.0.1', await freePort()),
    mend: () => redis.command('REPLICAOF', 'NO', 'ONE'),
    reason: /^READONLY/,
    waits: 0,
  },
]

it.each(FAULTS)(
  'an outage outlasts a Redis that is $what',
  async (fault) => {
    expectNoHarm(await endure(fleet, fault), fault)
  },
  LONG,
)

it(
  'a key of another type makes its circuit local until the key is gone, without losing the storage',
  async () => {
    await fleet.break()
    await fleet.probesTogether(1)
    await fleet.forget()
    const script = "redis.call('DEL', ARGV[1]) redis.call('LPUSH', ARGV[1], 1)"
    await redis.command('EVAL', script, 0, KEY)
    expect(await fleet.probesAlone(2)).toEqual([])
    await redis.command('DEL', KEY)
    await fleet.recover()
    await until('the key is a circuit again', async () => {
      await fleet.break()
      await fleet.recover()
      return (await redis.command('TYPE', KEY)) === 'hash'
    })
    // If a request had waited until its deadline, the storage would have been lost.
    expect(await fleet.harm()).toMatchObject({ other: 0, lost: 0, restored: 0 })
    await printFigures('holding another type', fleet)
  },
  LONG,
)

describe('while the service is up, and processes often read the list of forced circuits', () => {
  let frozen: RedisServer
  let reading: LoadedFleet
  beforeAll(async () => {
    frozen = await RedisServer.start()
    reading = await LoadedFleet.start({ storage: { url: frozen.url, refresh: 0.5 } })
  }, LONG)
  afterAll(async () => {
    await reading.stop()
    await frozen.stop()
  })

  it(
    'no request notices that Redis is frozen, and each process publishes the loss once',
    async () => {
      frozen.freeze()
      await reading.lost()
      // It stays frozen for some seconds more, in which a process looks for it again and again.
      await reading.serve(300)
      frozen.thaw()
      const thawed = clock()
      const rejoined = (await reading.restored()).map((at) => at - thawed)
      const tallies = await reading.tallies()
      for (const { waits, failed, refused } of tallies) {
        expect({ waits, failed, refused }).toEqual({ waits: [], failed: 0, refused: 0 })
      }
      const unanswered = expect.stringMatching(/^No answer from the storage|does not answer/)
      expect(await reading.losses()).toEqual(tallies.map(() => [unanswered]))
      expect(await reading.harm()).toMatchObject({ other: 0, lost: 1, restored: 1 })
      await printFigures('frozen, the service is up', reading, rejoined)
    },
    LONG,
  )
})

describe('while the service is up', () => {
  it(
    'no request notices that Redis is killed',
    async () => {
      await redis.kill()
      await fleet.lost()
      await fleet.serve(30)
      await redis.restart()
      const mended = clock()
      const rejoined = (await fleet.restored()).map((at) => at - mended)
      const tallies = await fleet.tallies()
      for (const { waits, failed, refused } of tallies) {
        expect({ waits, failed, refused }).toEqual({ waits: [], failed: 0, refused: 0 })
      }
      expect(await fleet.harm()).toMatchObject({ other: 0, lost: 1, restored: 1 })
      await printFigures('killed, the service is up', fleet, rejoined)
    },
    LONG,
  )
})

it(
  'a circuit opens by local evidence if Redis freezes before the service fails',
  async () => {
    redis.freeze()
    await fleet.break()
    for (const transitions of await fleet.eventsNamed('stateChanged')) {
      expect(transitions[0]).toMatchObject({ to: 'opened', origin: 'local' })
    }
    await fleet.lost()
    expect(await fleet.probesAlone(2)).toEqual([])
    redis.thaw()
    await fleet.restored()
    const { longWaits, other, lost, restored } = await fleet.harm()
    expect({ other, lost, restored }).toEqual({ other: 0, lost: 1, restored: 1 })
    expect(longWaits).toBeLessThanOrEqual(1)
    await printFigures('frozen, and then the service breaks', fleet)
  },
  LONG,
)

it.each([{ command: ['FLUSHALL'] }, { command: ['SCRIPT', 'FLUSH'] }])(
  'an outage outlasts $command: no request leaks, and there is one next probe, on time',
  async ({ command }) => {
    await fleet.break()
    await fleet.probesTogether(1)
    await fleet.forget()
    await redis.command(...command)
    expect(await fleet.probesTogether(3, 0)).toEqual([])
    await fleet.each((worker) => worker.call('idle'))
    const probes = (await fleet.eventsNamed('probe')).flat().length
    const tallies = await fleet.tallies()
    expect(tallies.reduce((sum, { failed }) => sum + failed, 0)).toBe(probes)
    expect(await fleet.harm()).toMatchObject({ other: 0, lost: 0 })
    await printFigures(command.join(' '), fleet)
    await fleet.each((worker) => worker.call('load', 2, { pause: 10 }))
  },
  LONG,
)
