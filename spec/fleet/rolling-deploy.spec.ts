/** Processes of an old and of a new release share a circuit, each with its own options. */
import { eventually, LONG, FleetHarness } from '../support/fleet-harness.js'
import type { Worker } from '../support/worker.js'

const OLD = { threshold: 5, ttl: 60 }
const NEW = { threshold: 3, ttl: 0.3 }

let harness: FleetHarness
let old: Worker
let fresh: Worker
beforeAll(async () => {
  harness = await FleetHarness.start()
}, LONG)
beforeEach(async () => {
  await harness.enter({ options: OLD })
  await harness.enter({ options: NEW })
  old = harness.worker(0)
  fresh = harness.worker(1)
}, LONG)
afterEach(() => harness.clear(), LONG)
afterAll(() => harness.stop(), LONG)

async function fail(worker: Worker, count: number): Promise<void> {
  harness.service.answer = () => 500
  await harness.get(worker, count)
  await harness.flush([worker])
}

const retryAfter = async (worker: Worker) =>
  (await worker.call<{ retryAfter: number }>('state')).retryAfter

it(
  'the reporting process uses its own threshold, and counts the failures of others',
  async () => {
    // The failures of others count for one ttl. If a busy machine takes longer, both begin anew.
    await eventually('one failure of the new one opens the circuit', async () => {
      harness.service.answer = () => 200
      await harness.each((worker) => harness.get(worker))
      await harness.forget()
      await fail(old, NEW.threshold)
      expect(await harness.states()).toEqual(['closed', 'closed'])
      await fail(fresh, 1)
      return (await harness.kept('state')) === 'opened'
    })
    await harness.warned()
    expect(await harness.sum('failed')).toBe(NEW.threshold + 1)
  },
  LONG,
)

it(
  'a higher threshold does not affect other processes',
  async () => {
    await fail(fresh, NEW.threshold - 1)
    await fail(old, OLD.threshold - NEW.threshold)
    expect(await harness.states()).toEqual(['closed', 'closed'])
    await fail(old, 1)
    await harness.warned()
    expect(await harness.sum('failed')).toBe(OLD.threshold)
  },
  LONG,
)

it(
  'each process probes after its own ttl, and a closing is shared by all',
  async () => {
    await fail(old, OLD.threshold)
    await harness.warned()
    expect(await retryAfter(old)).toBeGreaterThan(NEW.ttl)
    expect(await retryAfter(fresh)).toBeLessThanOrEqual(NEW.ttl)
    harness.service.answer = () => 200
    const probes = async () => (await harness.get(fresh))[0] === 'ok'
    await eventually(
      'the new one has probed',
      async () => (await old.state()) === 'closed' || probes(),
    )
    await harness.agreed('closed')
    expect(await old.tally()).toMatchObject({ failed: OLD.threshold, ok: 0, refused: 0 })
  },
  LONG,
)

it(
  'an outage survives processes that leave and join, without a flush',
  async () => {
    await fail(old, OLD.threshold)
    await harness.warned()
    harness.service.forget()
    await harness.kill(old)
    const [next] = await harness.enter({ options: { ...NEW, ttl: 30 } })
    const [last] = await harness.enter({ options: OLD })
    if (!next || !last) throw new Error('There is none')
    expect(await harness.states([next, last])).toEqual(['opened', 'opened'])
    expect(await harness.get(next)).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(harness.service.arrivals).toEqual([])
    harness.service.answer = () => 200
    await eventually('the new one has probed', async () => (await harness.get(fresh))[0] === 'ok')
    await harness.agreed('closed')
    expect(await harness.get(last)).toEqual(['ok'])
  },
  LONG,
)
