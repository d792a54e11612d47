/** With a quorum of 2 a process whose own network is broken stops nobody but itself. */
import { freePort } from '../../scripts/ports.mjs'
import { eventually, LONG, Scene } from '../support/scene.js'

const THRESHOLD = 5
const TTL = 0.2
const options = { threshold: THRESHOLD, ttl: TTL }

let scene: Scene
beforeAll(async () => {
  scene = await Scene.start()
}, LONG)
afterEach(() => scene.clear(), LONG)
afterAll(() => scene.stop(), LONG)

it(
  'a bad process is stopped by its own circuit, and 7 others lose no request, until the service is down',
  async () => {
    const storage = { quorum: 2 }
    const good = await scene.enter({ size: 7, options, storage })
    const origin = `http://127.0.0.1:${await freePort()}`
    const [bad] = await scene.enter({ options, storage, origin })
    if (!bad) throw new Error('There is none')
    const start = performance.now()
    await scene.load(4, 10, good)
    await scene.load(1, 5, [bad])
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
    for (const tally of await scene.tallies(good)) {
      expect(tally).toMatchObject({ failed: 0, refused: 0, other: 0 })
      expect(tally.ok).toBeGreaterThan(0)
    }
    expect((await scene.transitions(good)).flat()).toEqual([])
    expect(await scene.kept('state')).toBe('closed')

    scene.service.answer = () => 500
    await scene.warned(good)
    expect(await scene.kept('state')).not.toBe('closed')
    // A process that is busy may hear of it when another has begun to probe.
    for (const [first] of await scene.transitions(good)) expect(first?.to).toMatch(/opened$/)
  },
  LONG,
)

/** Failures, in this order of processes, until Redis has opened the circuit. */
async function failuresToOpen(quorum: number, order: (index: number) => number): Promise<number> {
  await scene.enter({ size: 2, options: { ...options, ttl: 60 }, storage: { quorum } })
  scene.service.answer = () => 500
  for (let index = 0; (await scene.kept('state')) !== 'opened' && index < 20; index += 1) {
    const worker = scene.worker(order(index))
    await scene.get(worker)
    await scene.flush([worker])
  }
  await scene.warned()
  return scene.sum('failed')
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
  'the worst process is left out, whichever it is, and successes end what the others have shown',
  async () => {
    await scene.enter({ size: 3, options: { ...options, ttl: 60 }, storage: { quorum: 2 } })
    const [first, second, third] = [scene.worker(0), scene.worker(1), scene.worker(2)]
    const fail = async (worker: typeof first, count: number): Promise<void> => {
      scene.service.answer = () => 500
      await scene.get(worker, count)
      await scene.flush([worker])
    }
    await fail(first, THRESHOLD)
    await fail(second, THRESHOLD - 1)
    expect(await scene.kept('failures')).toBe(String(2 * THRESHOLD - 1))
    scene.service.answer = () => 200
    expect(await scene.get(second)).toEqual(['ok'])
    await scene.flush([second])
    expect(await scene.kept('failures')).toBe(String(THRESHOLD))
    await fail(third, THRESHOLD - 1)
    expect(await scene.states()).toEqual(['opened', 'closed', 'closed'])
    await fail(second, 1)
    expect(await scene.kept('state')).toBe('opened')
    await scene.agreed('opened')
  },
  LONG,
)
