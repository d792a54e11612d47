/** Processes of an old and of a new release share a circuit, each by the configuration of its own. */
import { eventually, LONG, Scene } from '../support/scene.js'
import type { Worker } from '../support/worker.js'

const OLD = { threshold: 5, ttl: 60 }
const NEW = { threshold: 3, ttl: 0.3 }

let scene: Scene
let old: Worker
let fresh: Worker
beforeAll(async () => {
  scene = await Scene.start()
}, LONG)
beforeEach(async () => {
  await scene.enter({ options: OLD })
  await scene.enter({ options: NEW })
  old = scene.worker(0)
  fresh = scene.worker(1)
}, LONG)
afterEach(() => scene.clear(), LONG)
afterAll(() => scene.stop(), LONG)

async function fail(worker: Worker, count: number): Promise<void> {
  scene.service.answer = () => 500
  await scene.get(worker, count)
  await scene.flush([worker])
}

const retryAfter = async (worker: Worker) =>
  (await worker.call<{ retryAfter: number }>('state')).retryAfter

it(
  'the one that reports decides by its threshold, and counts what others have seen',
  async () => {
    await fail(old, NEW.threshold)
    expect(await scene.states()).toEqual(['closed', 'closed'])
    await fail(fresh, 1)
    await scene.warned()
    expect(await scene.sum('failed')).toBe(NEW.threshold + 1)
  },
  LONG,
)

it(
  'the higher threshold is no threshold for the others',
  async () => {
    await fail(fresh, NEW.threshold - 1)
    await fail(old, OLD.threshold - NEW.threshold)
    expect(await scene.states()).toEqual(['closed', 'closed'])
    await fail(old, 1)
    await scene.warned()
    expect(await scene.sum('failed')).toBe(OLD.threshold)
  },
  LONG,
)

it(
  'each probes when its own ttl has passed, and a closing is for all',
  async () => {
    await fail(old, OLD.threshold)
    await scene.warned()
    expect(await retryAfter(old)).toBeGreaterThan(NEW.ttl)
    expect(await retryAfter(fresh)).toBeLessThanOrEqual(NEW.ttl)
    scene.service.answer = () => 200
    const probes = async () => (await scene.get(fresh))[0] === 'ok'
    await eventually(
      'the new one has probed',
      async () => (await old.state()) === 'closed' || probes(),
    )
    await scene.agreed('closed')
    expect(await old.tally()).toMatchObject({ failed: OLD.threshold, ok: 0, refused: 0 })
  },
  LONG,
)

it(
  'processes go and come during an outage, and nothing is flushed',
  async () => {
    await fail(old, OLD.threshold)
    await scene.warned()
    scene.service.forget()
    await scene.kill(old)
    const [next] = await scene.enter({ options: { ...NEW, ttl: 30 } })
    const [last] = await scene.enter({ options: OLD })
    if (!next || !last) throw new Error('There is none')
    expect(await scene.states([next, last])).toEqual(['opened', 'opened'])
    expect(await scene.get(next)).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(scene.service.arrivals).toEqual([])
    scene.service.answer = () => 200
    await eventually('the new one has probed', async () => (await scene.get(fresh))[0] === 'ok')
    await scene.agreed('closed')
    expect(await scene.get(last)).toEqual(['ok'])
  },
  LONG,
)
