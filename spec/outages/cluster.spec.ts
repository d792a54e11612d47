/** In a cluster, the owner of the key may die, or its slot may move. */
import { startCluster, type Cluster } from '../../scripts/redis-cluster.mjs'
import { LoadedFleet, KEY } from './fleet.js'
import { ANY_REASON, endure, expectNoHarm, printFigures, type Fault } from './outage.js'

const LONG = 60_000

let cluster: Cluster
let fleet: LoadedFleet
beforeAll(async () => {
  cluster = await startCluster()
  const { rootNodes } = cluster
  fleet = await LoadedFleet.start({
    storage: {},
    client: { kind: 'cluster', options: { rootNodes } },
  })
}, LONG)
afterAll(async () => {
  await fleet.stop()
  await cluster.stop()
})
beforeEach(async () => {
  await fleet.recover()
  await fleet.forget()
})

it(
  'callers do not notice that the slot of the key moves during an outage',
  async () => {
    await fleet.break()
    await fleet.probesTogether(1)
    const during = () => fleet.probesTogether(2)
    const owner = await cluster.moveSlot(KEY, { during })
    expect(await fleet.probesTogether(2, 0)).toEqual([])
    expect(await owner.command('EXISTS', KEY)).toBe(1)
    await fleet.recover()
    // If a request had waited until its deadline, the storage would have been lost.
    expect(await fleet.harm()).toMatchObject({ other: 0, lost: 0, restored: 0 })
    await printFigures('cluster, the slot moves', fleet)
  },
  LONG,
)

it(
  'an outage outlasts the owner of the key',
  async () => {
    const old = await cluster.ownerOf(KEY)
    const fault: Fault = {
      what: 'cluster, the owner is killed',
      strike: () => old.kill(),
      mend: () => cluster.promoted(KEY, old),
      reason: ANY_REASON,
      waits: 1,
    }
    expectNoHarm(await endure(fleet, fault), fault)
  },
  LONG,
)
