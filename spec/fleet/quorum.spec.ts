/** With a quorum of 2, a process with a broken network stops only itself. */
import { freePort } from '../../scripts/ports.mjs'
import { eventually, LONG, FleetHarness } from '../support/fleet-harness.js'

const THRESHOLD = 5
const TTL = 0.2
const options = { threshold: THRESHOLD, ttl: TTL }

let harness: FleetHarness
beforeAll(async () => {
  harness = await FleetHarness.start()
}, LONG)
afterEach(() => harness.clear(), LONG)
afterAll(() => harness.stop(), LONG)

it(
  'one bad process is stopped by its own circuit, and 7 others lose no request until the service is down',
  async () => {
    const storage = { quorum: 2 }
    const good = await harness.enter({ size: 7, options, storage })
    const origin = `http://127.0.0.1:${await freePort()}`
    const [bad] = await harness.enter({ options, storage, origin })
    if (!bad) throw new Error('There is none')
    const start = performance.now()
    await harness.load(4, 10, good)
    await harness.load(1, 5, [bad])
    await eventually(
      'it was stopped often',
      async () => (await bad.tally()).failed >= THRESHOLD + 8,
    )
    await bad.call('rest')
    const seconds = (performance.now() - start) / 1000
    const { failed, refused, ok } = await bad.tally()
    expect(ok).toBe(0)
    expect(refused).toBeGreaterThan(0)
    expect(failed).toBeLessThanOrEqual(THRESHOLD + Math.floor(seconds / TTL))
    for (const tally of await harness.tallies(good)) {
      expect(tally).toMatchObject({ failed: 0, refused: 0, other: 0 })
      expect(tally.ok).toBeGreaterThan(0)
    }
    expect((await harness.transitions(good)).flat()).toEqual([])
    expect(await harness.kept('state')).toBe('closed')

    harness.service.answer = () => 500
    await harness.warned(good)
    expect(await harness.kept('state')).not.toBe('closed')
    // A busy process may learn of the opening only after another has begun to probe.
    for (const [first] of await harness.transitions(good)) expect(first?.to).toMatch(/opened$/)
  },
  LONG,
)

/** Sends failures in this order of processes until Redis opens the circuit. */
async function failuresToOpen(quorum: number, order: (index: number) => number): Promise<number> {
  await harness.enter({ size: 2, options: { ...options, ttl: 60 }, storage: { quorum } })
  harness.service.answer = () => 500
  for (let index = 0; (await harness.kept('state')) !== 'opened' && index < 20; index += 1) {
    const worker = harness.worker(order(index))
    await harness.get(worker)
    await harness.flush([worker])
  }
  await harness.warned()
  return harness.sum('failed')
}

const TURNS = (index: number) => index % 2
const ONE_FIRST = (index: number) => (index < THRESHOLD ? 0 : 1)

it.each([
  [1, 'by turns', TURNS, THRESHOLD],
  [2, 'by turns', TURNS, 2 * THRESHOLD],
  [1, 'one first', ONE_FIRST, THRESHOLD],
  [2, 'one first', ONE_FIRST, 2 * THRESHOLD],
])(
  'an outage opens a circuit with a quorum of %i, %s',
  async (quorum, _how, order, failures) => {
    expect(await failuresToOpen(quorum, order)).toBe(failures)
  },
  LONG,
)

it(
  'the worst process is left out, whichever it is, and successes reset the evidence of the others',
  async () => {
    await harness.enter({ size: 3, options: { ...options, ttl: 60 }, storage: { quorum: 2 } })
    const [first, second, third] = [harness.worker(0), harness.worker(1), harness.worker(2)]
    const fail = async (worker: typeof first, count: number): Promise<void> => {
      harness.service.answer = () => 500
      await harness.get(worker, count)
      await harness.flush([worker])
    }
    await fail(first, THRESHOLD)
    await fail(second, THRESHOLD - 1)
    expect(await harness.kept('failures')).toBe(String(2 * THRESHOLD - 1))
    harness.service.answer = () => 200
    expect(await harness.get(second)).toEqual(['ok'])
    await harness.flush([second])
    expect(await harness.kept('failures')).toBe(String(THRESHOLD))
    await fail(third, THRESHOLD - 1)
    expect(await harness.states()).toEqual(['opened', 'closed', 'closed'])
    await fail(second, 1)
    expect(await harness.kept('state')).toBe('opened')
    await harness.agreed('opened')
  },
  LONG,
)
