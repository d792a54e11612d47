/** The decisions of one process reach the others at once, or a little later if messages are lost. */
import { eventually, LONG, FleetHarness } from '../support/fleet-harness.js'
import type { Worker } from '../support/worker.js'

const THRESHOLD = 3
/**
 * No background read helps. A process without messages asks again once the lease is over whose permit it did
 * not get.
 */
const STORAGE = { refresh: 3600, lease: 3 }

let harness: FleetHarness
beforeAll(async () => {
  harness = await FleetHarness.start()
  const options = { threshold: THRESHOLD, ttl: 0.3 }
  await harness.enter({ size: 8, options, storage: STORAGE })
}, LONG)
afterEach(() => harness.recover(), LONG)
afterAll(() => harness.stop(), LONG)

async function open(worker: Worker): Promise<void> {
  harness.service.answer = () => 500
  await harness.get(worker, THRESHOLD)
  await harness.flush([worker])
}

/** Closes the circuit by a probe, as soon as one is due. */
async function close(worker: Worker): Promise<void> {
  harness.service.answer = () => 200
  await eventually('the probe was let through', async () => (await harness.get(worker))[0] === 'ok')
  await harness.flush([worker])
}

const killSubscribers = () => harness.redis.command<number>('CLIENT', 'KILL', 'TYPE', 'pubsub')

it.each([0, 3, 7])(
  'each transition of process %i reaches all others',
  async (index) => {
    const worker = harness.worker(index)
    await open(worker)
    await harness.warned()
    const lastFailure = harness.service.arrivals.at(-1)?.at ?? Infinity
    await close(worker)
    await harness.agreed('closed')
    for (const other of harness.workers) {
      const [received = []] = await harness.transitions([other])
      expect(received.map(({ to }) => to)).toEqual(['opened', 'half-opened', 'closed'])
      const origin = other === worker ? 'local' : 'shared'
      expect(received).toEqual(received.map((each) => ({ ...each, origin })))
      expect(received[0]?.at).toBeGreaterThan(lastFailure)
    }
  },
  LONG,
)

it(
  'a transition also reaches processes whose subscriptions are cut during it',
  async () => {
    for (const worker of harness.workers.slice(0, 3)) {
      await Promise.all([killSubscribers(), open(worker)])
      await harness.warned()
      await Promise.all([close(worker), killSubscribers()])
      await harness.agreed('closed')
      expect(await harness.kept('state')).toBe('closed')
    }
    expect((await harness.eventsNamed('storageLost')).flat()).toEqual([])
  },
  LONG,
)

/** Sets whether processes may subscribe. It uses no channel rule, which Redis 6.0 does not support. */
async function allow(rule: '+subscribe' | '-subscribe', listeners: number): Promise<void> {
  await harness.redis.command('ACL', 'SETUSER', 'default', rule)
  if (listeners === 0) await killSubscribers()
  const count = () => harness.redis.command('PUBSUB', 'NUMSUB', 'axios-breaker/events')
  const isDone = async () => String(await count()).endsWith(`,${listeners}`)
  await eventually(`${listeners} processes listen`, isDone)
}

const silence = () => allow('-subscribe', 0)
const speak = () => allow('+subscribe', harness.workers.length)

it(
  'a transition that reached nobody is read as soon as the subscriptions work again',
  async () => {
    const [worker, others] = [harness.worker(0), harness.others(harness.worker(0))]
    await silence()
    await open(worker)
    expect(await harness.states(others)).toEqual(others.map(() => 'closed'))
    await speak()
    await harness.warned()
    await silence()
    await close(worker)
    expect(await harness.states(others)).not.toContain('closed')
    await speak()
    await harness.agreed('closed')
  },
  LONG,
)

describe('if no message ever arrives', () => {
  beforeAll(silence, LONG)

  it(
    'each process learns of an opening by its own first failure',
    async () => {
      const others = harness.others(harness.worker(0))
      await open(harness.worker(0))
      expect(await harness.states(others)).toEqual(others.map(() => 'closed'))
      for (const other of others) {
        expect(await harness.get(other)).toEqual(['ERR_BAD_RESPONSE'])
        await harness.flush([other])
        const [received] = await harness.transitions([other])
        expect(received).toMatchObject([{ from: 'closed', to: 'opened' }])
      }
      expect(harness.service.arrivals).toHaveLength(THRESHOLD + others.length)
    },
    LONG,
  )

  it(
    'one process probes at a time, and each learns of a closing when its own probe is due',
    async () => {
      await open(harness.worker(0))
      // Processes that know of the outage refuse this request. The others learn of it by this failure.
      await harness.each((worker) => harness.get(worker))
      await harness.flush()
      await harness.warned()
      harness.service.forget()
      harness.service.answer = harness.service.hold
      await harness.load(8, 20)
      for (let probe = 1; probe <= 5; probe += 1) {
        await eventually('a probe is held', () => harness.service.held.length > 0)
        await harness.refusals(8)
        expect(harness.service.arrivals).toHaveLength(probe)
        harness.service.release(500)
      }
      expect(harness.service.most).toBe(1)
      await harness.rest()
      await close(harness.worker(0))
      await harness.load(1, 20)
      await harness.agreed('closed')
      expect((await harness.eventsNamed('storageLost')).flat()).toEqual([])
    },
    LONG,
  )
})
