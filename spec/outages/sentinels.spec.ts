/** Sentinels replace the master if it dies or freezes, or in a planned failover. The fleet follows them. */
import { until } from '../support/until.js'
import type { RedisServer } from '../../scripts/redis-server.mjs'
import { startSentinels, type Sentinels } from '../../scripts/redis-sentinels.mjs'
import { withoutDemotion } from '../support/demotion.js'
import type { WorkerClient } from '../support/worker.js'
import { LoadedFleet, KEY } from './fleet.js'
import { ANY_REASON, endure, expectNoHarm, printFigures, type Fault } from './outage.js'

const LONG = 60_000

type Node = { readonly host: string; readonly port: number }

const CLIENTS: Record<string, (name: string, nodes: Node[]) => WorkerClient> = {
  redis: (name, sentinelRootNodes) => ({ kind: 'sentinel', options: { name, sentinelRootNodes } }),
  ioredis: (name, nodes) => ({ kind: 'ioredis', options: { name, sentinels: nodes } }),
  // If the master dies, such a client of ioredis 5.11 may end for good, so it is not in all specs.
  'ioredis, which detects failovers': (name, nodes) => ({
    kind: 'ioredis',
    options: { name, sentinels: nodes, failoverDetector: true },
  }),
}

function clientOf(kind: string): { storage: object; client: WorkerClient } {
  const nodes = sentinels.ports.map((port) => ({ host: '127.0.0.1', port }))
  return { storage: {}, client: CLIENTS[kind]?.(sentinels.name, nodes) as WorkerClient }
}

let sentinels: Sentinels
beforeAll(async () => {
  sentinels = await startSentinels({ downAfter: 500 })
}, LONG)
afterAll(() => sentinels.stop())

interface Failure {
  readonly what: string
  readonly strike: (master: RedisServer) => unknown
  readonly comeBack: (master: RedisServer) => unknown
}

const FAILURES: readonly Failure[] = [
  {
    what: 'was killed',
    strike: (master) => master.kill(),
    comeBack: (master) => master.restart(),
  },
  {
    what: 'is frozen',
    strike: (master) => master.freeze(),
    comeBack: (master) => master.thaw(),
  },
]

describe.each(['redis', 'ioredis'])('a fleet with clients of %s', (kind) => {
  let fleet: LoadedFleet
  beforeAll(async () => {
    fleet = await LoadedFleet.start(clientOf(kind))
  }, LONG)
  afterAll(() => fleet.stop())
  beforeEach(async () => {
    await sentinels.settled()
    await fleet.recover()
    await fleet.forget()
  })

  it.each(FAILURES)(
    'an outage outlasts a master that $what, and its return',
    async ({ what, strike, comeBack }) => {
      const old = await sentinels.master()
      const fault: Fault = {
        what: `sentinels, ${kind}, the master ${what}`,
        strike: () => strike(old),
        mend: () => sentinels.promoted(old),
        reason: ANY_REASON,
        waits: 1,
      }
      expectNoHarm(await endure(fleet, fault), fault)
      await fleet.break()
      await comeBack(old)
      await sentinels.settled()
      expect(await fleet.probesTogether(1)).toEqual([])
      const master = await sentinels.master()
      expect(master).not.toBe(old)
      expect(await master.command('EXISTS', KEY)).toBe(1)
    },
    LONG,
  )

  it(
    'an outage outlasts a planned failover',
    async () => {
      await fleet.break()
      await fleet.probesTogether(1)
      const master = await sentinels.failover()
      // A process may learn of the new master a little later than the sentinels.
      await until('the fleet probes together again', async () => {
        return (await fleet.probesTogether(2)).length === 0
      })
      await fleet.joined()
      expect(await master.command('HGET', KEY, 'state')).toMatch(/opened/)
      await fleet.recover()
      await fleet.joined()
      const { other, longWaits, lost, restored } = await fleet.harm()
      expect({ other, restored }).toEqual({ other: 0, restored: lost })
      expect(lost).toBeLessThanOrEqual(1)
      expect(longWaits).toBeLessThanOrEqual(1)
      const found = await fleet.eventsNamed('storageRestored')
      const lostFor = found.flat().map((event) => event.lostFor ?? 0)
      await printFigures(`sentinels, ${kind}, a planned failover`, fleet, lostFor)
    },
    LONG,
  )
})

it(
  'clients of both packages move together in a planned failover, although the old master stays one',
  async () => {
    const [first = '', ...others] = Object.keys(CLIENTS)
    const fleet = await LoadedFleet.start({ size: 1, ...clientOf(first) })
    try {
      for (const kind of others) await fleet.enter({ size: 1, ...clientOf(kind) })
      const old = await sentinels.master()
      await withoutDemotion(old, async () => {
        await fleet.break()
        await fleet.probesTogether(1)
        await sentinels.failover()
        await until('the fleet probes together again', async () => {
          return (await fleet.probesTogether(5)).length === 0
        })
        expect(await old.command('ROLE')).toContain('master')
      })
    } finally {
      await fleet.stop()
      await sentinels.settled()
    }
  },
  LONG,
)
