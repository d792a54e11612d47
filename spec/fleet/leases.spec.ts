/** A probe's permit is a lease: it lasts while the probe runs, and ends soon after its holder dies. */
import { eventually, LONG, FleetHarness } from '../support/fleet-harness.js'
import type { Service } from '../support/service.js'
import type { Worker } from '../support/worker.js'

/** Seconds. A lease is renewed three times, so a busy machine may stop a process for more than a second. */
const LEASE = 2

let harness: FleetHarness
let service: Service
beforeAll(async () => {
  harness = await FleetHarness.start()
  service = harness.service
  await harness.enter({ size: 4, options: { threshold: 1, ttl: 0.1 }, storage: { lease: LEASE } })
}, LONG)
afterEach(() => harness.recover(), LONG)
afterAll(() => harness.stop(), LONG)

/** All processes want to probe. One does, and waits for its answer. */
async function probe(): Promise<Worker> {
  await harness.open(1)
  await harness.load(4, 5)
  await eventually('a probe is held', () => service.held.length > 0)
  return harness.senderOf(service.held[0] ?? { from: '' })
}

/** Waits until the lease has been renewed: it then lasts longer than the others learned at its grant. */
async function renewed(): Promise<void> {
  const [first] = await harness.holders()
  const isLonger = async () => (await harness.holders())[0]?.until !== first?.until
  await eventually('the lease is renewed', isLonger)
}

it(
  'a probe that outlasts its lease stays the only one',
  async () => {
    await probe()
    const [first] = await harness.holders()
    const end = performance.now() + 3 * LEASE * 1000
    await eventually('three leases are over', () => performance.now() > end)
    await harness.refusals(1)
    const [last] = await harness.holders()
    expect(service.arrivals).toHaveLength(1)
    expect(last?.token).toBe(first?.token)
    expect(last?.until).toBeGreaterThan((first?.until ?? Infinity) + LEASE * 1000)
    service.answer = () => 200
    service.release(200)
    await harness.agreed('closed')
  },
  LONG,
)

it(
  'a probe whose process was frozen beyond its lease does not count',
  async () => {
    const frozen = await probe()
    const others = harness.others(frozen)
    frozen.signal('SIGSTOP')
    await eventually('another has taken over', () => service.held.length === 2)
    const [ours, theirs] = service.held.splice(0)
    expect(theirs?.from).not.toBe(ours?.from)
    ours?.answer(200)
    frozen.signal('SIGCONT')
    await eventually('it has its answer', async () => (await frozen.tally()).ok === 1)
    await harness.flush()
    await harness.refusals(1)
    expect(await harness.kept('state')).toBe('half-opened')
    expect(await harness.holders()).toHaveLength(1)
    theirs?.answer(500)
    await eventually('the next probe is held', () => service.held.length === 1)
    const transitions = (await harness.transitions([frozen, ...others])).flat()
    expect(transitions.filter(({ to }) => to === 'closed')).toEqual([])
  },
  LONG,
)

it(
  'a probe whose process was killed keeps its permit for the rest of its lease',
  async () => {
    const killed = await probe()
    await renewed()
    const [atFirst] = await harness.holders()
    await harness.kill(killed)
    const [atLast] = await harness.holders()
    const lease = atLast?.token === atFirst?.token ? atLast : atFirst
    await eventually('another has taken over', () => service.held.length === 2)
    expect(lease?.lease).toBe(LEASE * 1000)
    // This clock has whole milliseconds.
    expect(service.arrivals[1]?.date).toBeGreaterThan((lease?.until ?? Infinity) - 1)
    await harness.refusals(10, harness.others(harness.senderOf(service.held[1] ?? { from: '' })))
    expect(service.arrivals).toHaveLength(2)
  },
  LONG,
)
