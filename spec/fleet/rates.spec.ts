/**
 * Circuits that open by a rate, in real processes over a real Redis. What takes longer, and the numbers of
 * large fleets, are in flow/rates.spec.ts, in virtual time.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../scripts/ports.mjs'
import { eventually, FleetHarness, LONG } from '../support/fleet-harness.js'
import { clock } from '../support/machine-clock.mjs'
import { numbersFrom } from '../support/numbers.js'
import type { Worker } from '../support/worker.js'

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 32)
const WINDOW = 4

let scene: FleetHarness
beforeAll(async () => {
  scene = await FleetHarness.start()
}, LONG)
afterEach(() => scene.clear(), LONG)
afterAll(() => scene.stop(), LONG)

/** Each request fails by chance. */
function failing(share: number): () => number {
  const next = numbersFrom(SEED)
  return () => (next() < share ? 500 : 200)
}

/** When the circuits of all processes were opened, in seconds since then. */
async function openedAfter(start: number, workers = scene.workers): Promise<number> {
  await scene.warned(workers)
  const transitions = await scene.transitions(workers)
  const times = transitions.map((moves) => moves.find(({ to }) => to === 'opened')?.at ?? Infinity)
  return Math.max(...times) - start
}

const isOpenedForAll = async (): Promise<boolean> => (await scene.kept('state')) === 'opened'

describe('8 processes whose circuit opens by the rate', () => {
  const failureRate = { threshold: 0.5, window: WINDOW, minimumRequests: 20 }
  const options = { failureRate, threshold: false as const, ttl: 60 }

  it(
    'send next to nothing while 1 % of requests fail, and stay closed',
    async () => {
      await scene.enter({ size: 8, options })
      await scene.load(2, 10)
      // A process has few requests at first, so one failure is a large part of them.
      await sleep(1000 * WINDOW)
      scene.service.answer = failing(0.01)
      const before = await scene.commands()
      const seconds = 10
      await sleep(1000 * seconds)
      const commands = (await scene.commands()) - before
      const failed = await scene.sum('failed')
      process.stdout.write(`seed ${SEED}: ${failed} failures, ${commands} commands\n`)
      expect(failed).toBeGreaterThan(10)
      expect(commands / seconds).toBeLessThanOrEqual(1)
      expect((await scene.transitions()).flat()).toEqual([])
    },
    LONG,
  )

  it(
    'open for all while 60 % of them fail, within the bound of the window',
    async () => {
      await scene.enter({ size: 8, options })
      await scene.load(2, 10)
      await sleep(1000 * WINDOW)
      const start = clock()
      scene.service.answer = failing(0.6)
      const seconds = await openedAfter(start)
      // The circuit opens once enough of the window has the new rate.
      expect(seconds).toBeLessThan((WINDOW * 0.5) / 0.6 + 1)
      await eventually('it is open for the fleet', isOpenedForAll)
    },
    LONG,
  )

  it(
    'open by what the fleet has seen, although no process has seen enough',
    async () => {
      await scene.enter({
        size: 8,
        options: { ...options, failureRate: { ...failureRate, window: 10 } },
      })
      scene.service.answer = () => 500
      await scene.load(1, 500)
      await eventually('it is open for the fleet', isOpenedForAll)
      await scene.warned()
      for (const { failed } of await scene.tallies()) expect(failed).toBeLessThan(20)
    },
    LONG,
  )

  it.each([1, 2])(
    'lose no request to two of them that are cut off, with a quorum of %i',
    async (quorum) => {
      const plain = { failureRate: 0.5, ttl: 1 }
      const good = await scene.enter({ size: 6, options: plain, storage: { quorum } })
      const origin = `http://127.0.0.1:${await freePort()}`
      const bad = await scene.enter({ size: 2, options: plain, storage: { quorum }, origin })
      await scene.load(2, 10, good)
      await sleep(2000)
      await scene.load(2, 10, bad)
      const isStopped = async (): Promise<boolean> =>
        (await scene.tallies(bad)).every(({ failed, refused }) => failed > 11 && refused > 20)
      await eventually('both have stopped, and probed', isStopped)
      await sleep(2000)
      for (const tally of await scene.tallies(good)) {
        expect(tally).toMatchObject({ failed: 0, refused: 0, other: 0 })
        expect(tally.ok).toBeGreaterThan(100)
      }
      expect(await isOpenedForAll()).toBe(false)
    },
    LONG,
  )

  it(
    'open for all at once if the service is down',
    async () => {
      await scene.enter({ size: 8, options: { failureRate: 0.5, ttl: 60 } })
      await scene.load(2, 10)
      await sleep(2000)
      scene.service.answer = () => 500
      const start = clock()
      expect(await openedAfter(start)).toBeLessThan(3)
      await eventually('it is open for the fleet', isOpenedForAll)
    },
    LONG,
  )
})

describe('what opens and closes a fleet', () => {
  it(
    'is an attempt that hangs, as soon as its process is asked',
    async () => {
      const options = { threshold: 2, slowAfter: 0.3, ttl: 60 }
      const [one, other] = (await scene.enter({ size: 2, options })) as [Worker, Worker]
      scene.service.answer = scene.service.hold
      const hanging = scene.get(one, 2, 2)
      await eventually('the service has both', () => scene.service.held.length === 2)
      await eventually('it is opened', async () => (await one.state()) === 'opened')
      await eventually('the other knows', async () => (await other.state()) === 'opened')
      const { lastFailure } = await other.call<{ lastFailure: object }>('state')
      expect(lastFailure).toEqual({ slow: true })
      scene.service.release(200)
      await hanging
    },
    LONG,
  )

  it(
    'is a Retry-After, which all of them honour',
    async () => {
      await scene.enter({ size: 3, options: { threshold: 2, ttl: 1, maxRetryAfter: 100 } })
      scene.service.headers = { 'retry-after': '50' }
      scene.service.answer = () => 503
      await scene.get(scene.worker(0), 2)
      await scene.warned()
      for (const worker of scene.workers) {
        const { retryAfter } = await worker.call<{ retryAfter: number }>('state')
        expect(retryAfter).toBeGreaterThan(40)
        expect(retryAfter).toBeLessThanOrEqual(50)
      }
      scene.service.headers = {}
    },
    LONG,
  )

  it(
    'is a ttl that grows, to the same moment in all processes',
    async () => {
      const ttl = { initial: 0.3, factor: 8, max: 60, jitter: 0.5 }
      await scene.enter({ size: 4, options: { threshold: 3, ttl } })
      scene.service.answer = () => 500
      await scene.load(4, 20)
      await eventually('a probe has failed', async () => (await scene.kept('round')) === '2')
      await scene.load(0, 20)
      const readings = () =>
        scene.each(async (worker) => {
          const { retryAfter } = await worker.call<{ retryAfter: number }>('state')
          return retryAfter + clock()
        })
      await eventually(
        'all know of it',
        async () => Math.min(...(await readings())) > clock() + 0.5,
      )
      const ends = await readings()
      expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(0.25)
    },
    LONG,
  )

  it(
    'are two of three probes, one at a time, of whatever processes',
    async () => {
      const options = { threshold: 3, ttl: 0.3, probes: { needed: 2, of: 3 } }
      await scene.enter({ size: 6, options })
      await scene.open(3)
      const atOnce: number[] = []
      scene.service.answer = async () => {
        atOnce.push(scene.service.inFlight)
        const isFirst = atOnce.length === 1
        await sleep(20)
        return isFirst ? 500 : 200
      }
      await scene.load(4, 5)
      await scene.agreed('closed')
      // The first fails, and the circuit closes by the two after it.
      expect(atOnce.slice(0, 3)).toEqual([1, 1, 1])
    },
    LONG,
  )
})
