/** The commands that a shared circuit sends to Redis: none while it is healthy, and few if it is not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { eventually, LONG, FleetHarness } from '../support/fleet-harness.js'

const SIZE = 8
const WITHOUT_NETWORK = 24_000
const WITH_NETWORK = 1600
const AT_ONCE = 100
/** One request of so many fails. */
const RARE = 100
/** Seconds, a little less than a failure is held back. */
const HOLD = 0.045
/** Requests of each process, with failures among them. */
const EACH = 60

let harness: FleetHarness
beforeAll(async () => {
  harness = await FleetHarness.start()
  await harness.enter({
    size: SIZE,
    options: { threshold: 1_000_000 },
    // Nothing is read again that was not changed.
    storage: { refresh: 3600 },
  })
}, LONG)
afterEach(() => harness.reset(), LONG)
afterAll(() => harness.stop(), LONG)

interface Received {
  readonly lines: readonly string[]
  /** How many of each command were sent for the list of forced circuits. */
  readonly ofList: Readonly<Record<string, number>>
}

/**
 * The commands that Redis receives during a job. It leaves out the PING that a subscription sends every
 * 15 s, and the reads of the list of forced circuits, which `fleet/forces` counts: a process that was too busy
 * for its event loop reads it, too.
 */
async function received(job: () => Promise<unknown>): Promise<Received> {
  const lines: string[] = []
  const monitor = createClient({ url: harness.redis.url, disableClientInfo: true })
  await monitor.connect()
  await monitor.monitor((line) => lines.push(line))
  const positionOf = (mark: string) => lines.findIndex((line) => line.includes(mark))
  try {
    await harness.redis.command('ECHO', 'the beginning')
    await job()
    await harness.redis.command('ECHO', 'the end')
    await eventually('the monitor has received everything', () => positionOf('the end') >= 0)
    const sent = lines.slice(positionOf('the beginning') + 1, positionOf('the end'))
    return split(sent.filter((line) => !line.endsWith('"PING"')))
  } finally {
    monitor.destroy()
  }
}

/** What a script sends follows the script. */
function split(sent: readonly string[]): Received {
  const lines: string[] = []
  const ofList: Record<string, number> = {}
  let isOfList = false
  for (const line of sent) {
    if (!line.includes(' lua] ')) isOfList = line.includes('"axios-breaker/"')
    const [, name = ''] = /\] "(\w+)"/.exec(line) ?? []
    if (isOfList) ofList[name.toLowerCase()] = (ofList[name.toLowerCase()] ?? 0) + 1
    else lines.push(line)
  }
  return { lines, ofList }
}

/** Counts the commands about circuits during a job. */
async function commandsDuring(job: () => Promise<unknown>): Promise<number> {
  const { lines } = await received(job)
  return lines.filter((line) => /\] "eval(?:sha)?"/i.test(line)).length
}

/** Leaves out the commands of the spec itself, and the PINGs. */
async function counts(): Promise<Record<string, number>> {
  const all = await harness.redis.commandCounts()
  const own = new Set(['info', 'echo', 'hello', 'monitor', 'ping'])
  return Object.fromEntries(Object.entries(all).filter(([name]) => !own.has(name)))
}

describe('a healthy circuit', () => {
  it(
    'sends no command, whether requests use a network or not',
    async () => {
      harness.service.answer = () => sleep(5, 200)
      const before = await counts()
      const { lines, ofList } = await received(async () => {
        await harness.each((worker) => worker.call('spin', WITHOUT_NETWORK / SIZE, AT_ONCE))
        await harness.each((worker) => harness.get(worker, WITH_NETWORK / SIZE, AT_ONCE))
        await harness.flush()
      })
      expect(lines).toEqual([])
      const after = await counts()
      for (const [name, count] of Object.entries(ofList)) after[name] = Number(after[name]) - count
      expect(after).toEqual(before)
      expect(await harness.sum('ok')).toBe(WITHOUT_NETWORK + WITH_NETWORK)
      expect(harness.service.arrivals).toHaveLength(WITH_NETWORK)
      expect(harness.service.most).toBeGreaterThan(10)
    },
    LONG,
  )
})

/** Counts failures after which the process may have had no success in time, because the machine is busy. */
function slowFailures(): number {
  const { arrivals } = harness.service
  return arrivals.filter(({ from, at }, index) => {
    if ((index + 1) % RARE !== 0) return false
    // The success has ended before the process sends its next request.
    const [, next] = arrivals.slice(index + 1).filter((other) => other.from === from)
    return next === undefined || next.at - at > HOLD
  }).length
}

describe('a failure', () => {
  it(
    'costs one command if no other follows',
    async () => {
      const worker = harness.worker(0)
      harness.service.answer = () => 500
      for (let count = 1; count <= 20; count += 1) {
        const sent = await commandsDuring(async () => {
          await harness.get(worker)
          await harness.flush([worker])
        })
        expect(sent).toBe(1)
      }
    },
    LONG,
  )

  it.each([
    ['one after the other', 1, 1, 1],
    ['many at once', 1, 50, 1],
    ['after a success each', 2, 1, 2],
    ['many at once, among successes', 3, 50, 2],
  ])(
    'costs one command in a crowd, and the success that ends it another: %s',
    async (_how, every, atOnce, most) => {
      let count = 0
      harness.service.answer = () => ((count += 1) % every === 0 ? 503 : 200)
      const sent = await commandsDuring(async () => {
        await harness.each((worker) => harness.get(worker, EACH, atOnce))
        await harness.flush()
      })
      const failed = await harness.sum('failed')
      expect(failed).toBe((EACH * SIZE) / every)
      expect(sent).toBeLessThanOrEqual(most * failed)
      expect(await harness.kept('state')).toBe('closed')
    },
    LONG,
  )

  it(
    'among successes is not reported if a success follows within 50 ms',
    async () => {
      let count = 0
      harness.service.answer = () => ((count += 1) % RARE === 0 ? 503 : 200)
      const sent = await commandsDuring(() => harness.each((worker) => harness.get(worker, 500, 1)))
      const failed = await harness.sum('failed')
      expect(failed).toBe((500 * SIZE) / RARE)
      // The report of a failure costs one command, and the success that ends it another. A busy machine also stops
      // a process between two of its steps, which the service cannot see: that must stay the exception.
      expect(sent).toBeLessThanOrEqual(2 * slowFailures() + failed / 4)
    },
    LONG,
  )
})
