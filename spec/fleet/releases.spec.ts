/** Processes of this build and of a later release share circuits through a rolling deploy and a rollback. */
import { ADDED, makeNextRelease, NEXT_RELEASES, type Build } from '../support/next-release.js'
import { eventually, LONG, FleetHarness } from '../support/fleet-harness.js'
import type { Worker } from '../support/worker.js'

const THRESHOLD = 3
const OPTIONS = { threshold: THRESHOLD, ttl: 0.3 }
/** No background read helps, and the permit of a dead process is free soon. */
const STORAGE = { refresh: 3600, lease: 1 }
const REASON = { code: 'ERR_BAD_RESPONSE', status: 500 }
/** Seconds. */
const AT_ONCE = 1
const PROBES = 5

let harness: FleetHarness
beforeAll(async () => {
  harness = await FleetHarness.start()
}, LONG)
afterAll(() => harness.stop(), LONG)

describe.each(Object.entries(NEXT_RELEASES))('the next release, %s', (_what, edits) => {
  let next: Build
  beforeAll(async () => {
    next = await makeNextRelease(edits)
  }, LONG)
  afterAll(() => next.remove())

  const enter = (isNext: boolean, size = 1): Promise<Worker[]> =>
    harness.enter({
      size,
      options: OPTIONS,
      storage: STORAGE,
      build: isNext ? next.folder : undefined,
    })

  describe('beside this one', () => {
    let old: Worker
    let fresh: Worker
    beforeAll(async () => {
      await enter(false, 2)
      await enter(true, 2)
      old = harness.worker(0)
      fresh = harness.worker(2)
    }, LONG)
    afterEach(() => harness.recover(), LONG)
    afterAll(() => harness.clear(), LONG)

    it(
      'both learn of an opening with its reason, and of a closing, at once, whichever release decides',
      async () => {
        for (const worker of [old, fresh]) {
          // A busy machine may delay an opening, so there are more until one is not delayed.
          await eventually('all processes open at once', async () => {
            const span = await open(worker)
            await expectReasons()
            await close(worker)
            await harness.agreed('closed')
            return span < AT_ONCE
          })
        }
        expect(await harness.kept(ADDED.field)).toBe(ADDED.value)
        await expectNoTrouble()
      },
      LONG,
    )

    it(
      'the failures of both count together',
      async () => {
        const orders = [
          [old, fresh],
          [fresh, old],
        ] as const
        for (const [first, last] of orders) {
          await openTogether(first, last)
          expect(await harness.kept('state')).toBe('opened')
          await harness.warned()
          await close(first)
          await harness.agreed('closed')
        }
        await expectNoTrouble()
      },
      LONG,
    )

    it(
      'one process of either release probes at a time',
      async () => {
        await harness.open(THRESHOLD)
        await harness.load(8, 20)
        for (let probe = 1; probe <= PROBES; probe += 1) {
          await eventually('a probe is held', () => harness.service.held.length > 0)
          await harness.refusals(8)
          expect(harness.service.arrivals).toHaveLength(probe)
          harness.service.release(500)
        }
        expect(harness.service.most).toBe(1)
        await expectNoTrouble()
      },
      LONG,
    )
  })

  it(
    'an outage lasts through a rolling deploy and a rollback',
    async () => {
      await enter(false, 2)
      await harness.open(THRESHOLD)
      harness.service.answer = () => 500
      await harness.load(4, 20)
      for (const isNext of [true, false]) {
        const leaving = [...harness.workers]
        for (const worker of leaving) await replace(worker, isNext)
      }
      expect(harness.service.most).toBe(1)
      await harness.recover()
      await harness.clear()
    },
    LONG,
  )

  async function replace(leaving: Worker, isNext: boolean): Promise<void> {
    const [coming] = await enter(isNext)
    if (!coming) throw new Error('There is none')
    expect(await coming.state()).not.toBe('closed')
    await harness.load(4, 20, [coming])
    await expectReasons()
    await expectNoTrouble()
    await leaving.call('rest')
    await leaving.call('close')
    await harness.kill(leaving)
    const before = harness.service.arrivals.length
    await eventually('a probe of who is left', () => harness.service.arrivals.length > before)
  }
})

async function fail(worker: Worker, count: number): Promise<void> {
  harness.service.answer = () => 500
  await harness.get(worker, count)
  await harness.flush([worker])
}

/**
 * Opens the circuit by failures of two processes, neither of which has enough. A failure counts for one ttl:
 * if a busy machine takes longer than that, both begin anew.
 */
async function openTogether(first: Worker, last: Worker): Promise<void> {
  await eventually('the failures of both open the circuit', async () => {
    harness.service.answer = () => 200
    await harness.each((worker) => harness.get(worker), [first, last])
    await fail(first, THRESHOLD - 1)
    expect(await harness.states()).toEqual(harness.workers.map(() => 'closed'))
    await fail(last, 1)
    return (await harness.kept('state')) === 'opened'
  })
}

/** @returns seconds from the first process that opened the circuit to the last */
async function open(worker: Worker): Promise<number> {
  await fail(worker, THRESHOLD)
  await harness.warned()
  const received = (await harness.transitions()).map(
    (moves) => moves.findLast(({ from }) => from === 'closed')?.at ?? Infinity,
  )
  return Math.max(...received) - Math.min(...received)
}

async function close(worker: Worker): Promise<void> {
  harness.service.answer = () => 200
  await eventually('the probe was let through', async () => (await harness.get(worker))[0] === 'ok')
  await harness.flush([worker])
}

async function expectReasons(): Promise<void> {
  const states = await harness.each((worker) => worker.call('state'))
  expect(states).toEqual(states.map(() => expect.objectContaining({ lastFailure: REASON })))
}

async function expectNoTrouble(): Promise<void> {
  expect((await harness.eventsNamed('storageLost')).flat()).toEqual([])
  expect(await harness.sum('other')).toBe(0)
}
