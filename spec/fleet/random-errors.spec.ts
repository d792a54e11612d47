/**
 * Occasional errors open nothing, and each costs one command at most. The spec prints the seed, and SEED sets
 * it, although the scheduling of the processes stays random.
 */
import { numbersFrom } from '../support/numbers.js'
import { LONG, FleetHarness } from '../support/fleet-harness.js'

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 32)
const SIZE = 8

let harness: FleetHarness
beforeAll(async () => {
  harness = await FleetHarness.start()
}, LONG)
afterAll(() => harness.stop(), LONG)

interface Luck {
  readonly share: number
  /** Errors for one process. */
  readonly mostInARow: number
  /** Processes whose last answer was an error. For the fleet, such failures are consecutive. */
  readonly mostAtOnce: number
}

/** Chooses errors at random, but never so that several processes together would see an outage. */
function errors({ share, mostInARow, mostAtOnce }: Luck): (from: string) => number {
  const next = numbersFrom(SEED)
  const rows = new Map<string, number>()
  return (from) => {
    const row = rows.get(from) ?? 0
    const fails = next() < share && row < mostInARow && (row > 0 || rows.size < mostAtOnce)
    if (fails) rows.set(from, row + 1)
    else rows.delete(from)
    return fails ? 500 : 200
  }
}

/** Sends so many requests from all processes, each of which sends one after the other. */
async function expectClosed(requests: number, luck: Luck): Promise<void> {
  harness.service.answer = errors(luck)
  const before = await harness.commands()
  await harness.each((worker) => harness.get(worker, requests / SIZE))
  await harness.flush()
  const failed = await harness.sum('failed')
  const commands = (await harness.commands()) - before
  const figures = `seed ${SEED}: ${failed} of ${requests} failed, at ${commands} commands`
  process.stdout.write(`${figures}\n`)
  expect(failed).toBeGreaterThan((requests * luck.share) / 4)
  expect(commands).toBeLessThanOrEqual(failed)
  expect(await harness.sum('ok')).toBe(requests - failed)
  expect((await harness.transitions()).flat()).toEqual([])
}

describe.each([
  [5, [0.01, 0.1], { mostInARow: 2, mostAtOnce: 3 }],
  [20, [0.3], { mostInARow: 5, mostAtOnce: SIZE }],
])('with a threshold of %i', (threshold, shares, limits) => {
  beforeAll(async () => {
    await harness.enter({ size: SIZE, options: { threshold } })
  }, LONG)
  afterEach(() => harness.reset(), LONG)
  afterAll(() => harness.clear(), LONG)

  it.each(shares)(
    'errors with a probability of %f open nothing, and cost one command each at most',
    async (share) => {
      await expect(expectClosed(1600, { share, ...limits })).resolves.toBeUndefined()
    },
    LONG,
  )
})
