/**
 * The whole fleet sends one probe per ttl, however many callers ask. CYCLES=200 makes the spec longer, and
 * prints what it saw.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, LONG, FleetHarness } from '../support/fleet-harness.js'
import type { Service } from '../support/service.js'
import { until } from '../support/until.js'

const CYCLES = Number(process.env.CYCLES ?? 20)
const CALLERS = 64
/** Milliseconds from a refusal to the caller's next request. All callers together ask every 0.3 ms. */
const PAUSE = 150
const TTL = 0.25
/** Seconds that the service takes to fail. */
const PROBE = 0.02
/** Seconds by which a round may be shorter: the library's timers count whole milliseconds. */
const TICK = 0.001

let harness: FleetHarness
let service: Service
beforeAll(async () => {
  harness = await FleetHarness.start()
  service = harness.service
}, LONG)
afterAll(() => harness.stop(), LONG)

/** From the answer to a probe to the next probe, in seconds, the shortest first. */
function gaps(): number[] {
  const { arrivals } = service
  return arrivals
    .slice(1)
    .map(({ at }, index) => at - (arrivals[index]?.answeredAt ?? 0))
    .toSorted((a, b) => a - b)
}

function report(commands: number): void {
  const all = gaps()
  const [first = 0] = all
  const at = (share: number) => ((all[Math.floor((all.length - 1) * share)] ?? 0) * 1000).toFixed(0)
  process.stdout.write(
    `${service.arrivals.length} probes, at most ${service.most} at once; between them ` +
      `${(first * 1000).toFixed(1)} ms at least, ${at(0.5)} at the median, ${at(1)} at most; ` +
      `${(commands / service.arrivals.length).toFixed(1)} commands of the fleet for each\n`,
  )
}

describe('8 processes with 64 callers each', () => {
  beforeAll(async () => {
    await harness.enter({ size: 8, options: { threshold: 3, ttl: TTL } })
  }, LONG)
  afterEach(() => harness.recover(), LONG)
  afterAll(() => harness.clear(), LONG)

  it(
    'send one probe per ttl, and never two at once',
    async () => {
      service.answer = () => sleep(PROBE * 1000, 500)
      await harness.get(harness.worker(0), 3)
      await harness.warned()
      service.forget()
      await harness.load(CALLERS, PAUSE)
      const before = await harness.commands()
      await until(
        'it was probed often enough',
        () => service.arrivals.length > CYCLES,
        60 + CYCLES * 5,
      )
      const commands = (await harness.commands()) - before
      if (process.env.CYCLES) report(commands)
      expect(service.most).toBe(1)
      expect(Math.min(...gaps())).toBeGreaterThanOrEqual(TTL - TICK)
      for (const tally of await harness.tallies()) {
        expect(tally).toMatchObject({ ok: 0, other: 0 })
        expect(tally.refused).toBeGreaterThan(CALLERS)
      }
    },
    LONG + CYCLES * 5000,
  )

  it(
    'pass the permit of a cancelled probe to another caller at once',
    async () => {
      await harness.open(3)
      await harness.load(CALLERS, PAUSE)
      await eventually('a probe is held', () => service.held.length === 1)
      const [holder] = await harness.holders()
      const [first] = service.arrivals.slice(-1)
      const prober = harness.senderOf(first ?? { from: '' })
      await harness.idle([prober])
      await prober.call('cancel')
      await eventually('there is another', () => service.held.length === 2)
      const last = service.arrivals.at(-1)
      expect(last?.from).not.toBe(first?.from)
      expect(last?.date).toBeLessThan(holder?.until ?? 0)
      expect(await prober.tally()).toMatchObject({ cancelled: 1 })
    },
    LONG,
  )
})

it(
  'exactly as many probes as permits are in flight',
  async () => {
    await harness.enter({ size: 4, options: { threshold: 3, ttl: 0.1, permits: 3 } })
    await harness.open(3)
    await harness.load(CALLERS, PAUSE)
    for (let cycle = 1; cycle <= 8; cycle += 1) {
      await eventually('three probes are held', () => service.held.length >= 3)
      await harness.refusals(CALLERS)
      expect(service.arrivals).toHaveLength(cycle * 3)
      expect(await harness.holders()).toHaveLength(3)
      service.release(500)
    }
    expect(service.most).toBe(3)
    await harness.recover()
  },
  LONG,
)
