/** What one process decides reaches the others at once; where messages are lost, a little later. */
import { eventually, LONG, Scene } from '../support/scene.js'
import type { Worker } from '../support/worker.js'

const THRESHOLD = 3
/** No read in the background comes to the rescue. */
const REFRESH = 3600

let scene: Scene
beforeAll(async () => {
  scene = await Scene.start()
  const options = { threshold: THRESHOLD, ttl: 0.3 }
  await scene.enter({ size: 8, options, storage: { refresh: REFRESH } })
}, LONG)
afterEach(() => scene.recover(), LONG)
afterAll(() => scene.stop(), LONG)

async function open(worker: Worker): Promise<void> {
  scene.service.answer = () => 500
  await scene.get(worker, THRESHOLD)
  await scene.flush([worker])
}

/** By a probe, as soon as that is due. */
async function close(worker: Worker): Promise<void> {
  scene.service.answer = () => 200
  await eventually('the probe was let through', async () => (await scene.get(worker))[0] === 'ok')
  await scene.flush([worker])
}

const killSubscribers = () => scene.redis.command<number>('CLIENT', 'KILL', 'TYPE', 'pubsub')

it.each([0, 3, 7])(
  'each transition of process %i reaches all others',
  async (index) => {
    const worker = scene.worker(index)
    await open(worker)
    await scene.warned()
    const lastFailure = scene.service.arrivals.at(-1)?.at ?? Infinity
    await close(worker)
    await scene.agreed('closed')
    for (const other of scene.workers) {
      const [told = []] = await scene.transitions([other])
      expect(told.map(({ to }) => to)).toEqual(['opened', 'half-opened', 'closed'])
      const origin = other === worker ? 'local' : 'shared'
      expect(told).toEqual(told.map((each) => ({ ...each, origin })))
      expect(told[0]?.at).toBeGreaterThan(lastFailure)
    }
  },
  LONG,
)

it(
  'a transition reaches those too whose subscriptions are cut off meanwhile',
  async () => {
    for (const worker of scene.workers.slice(0, 3)) {
      await Promise.all([killSubscribers(), open(worker)])
      await scene.warned()
      await Promise.all([close(worker), killSubscribers()])
      await scene.agreed('closed')
      expect(await scene.kept('state')).toBe('closed')
    }
    expect((await scene.told('storageLost')).flat()).toEqual([])
  },
  LONG,
)

/** Whether processes may subscribe. Not by a rule for the channel, which Redis 6.0 does not know. */
async function allow(rule: '+subscribe' | '-subscribe', listeners: number): Promise<void> {
  await scene.redis.command('ACL', 'SETUSER', 'default', rule)
  if (listeners === 0) await killSubscribers()
  const count = () => scene.redis.command('PUBSUB', 'NUMSUB', 'axios-breaker/events')
  const isDone = async () => String(await count()).endsWith(`,${listeners}`)
  await eventually(`${listeners} processes listen`, isDone)
}

const silence = () => allow('-subscribe', 0)
const speak = () => allow('+subscribe', scene.workers.length)

it(
  'a transition that nobody hears is read as soon as messages are heard again',
  async () => {
    const [worker, others] = [scene.worker(0), scene.others(scene.worker(0))]
    await silence()
    await open(worker)
    expect(await scene.states(others)).toEqual(others.map(() => 'closed'))
    await speak()
    await scene.warned()
    await silence()
    await close(worker)
    expect(await scene.states(others)).not.toContain('closed')
    await speak()
    await scene.agreed('closed')
  },
  LONG,
)

describe('where no message is ever heard', () => {
  beforeAll(silence, LONG)

  it(
    'each process learns of an opening by the first failure of its own',
    async () => {
      const others = scene.others(scene.worker(0))
      await open(scene.worker(0))
      expect(await scene.states(others)).toEqual(others.map(() => 'closed'))
      for (const other of others) {
        expect(await scene.get(other)).toEqual(['ERR_BAD_RESPONSE'])
        await scene.flush([other])
        const [told] = await scene.transitions([other])
        expect(told).toMatchObject([{ from: 'closed', to: 'opened' }])
      }
      expect(scene.service.arrivals).toHaveLength(THRESHOLD + others.length)
    },
    LONG,
  )

  it(
    'there is one probe at a time, and each process learns of a closing when its own is due',
    async () => {
      await open(scene.worker(0))
      // Refused where they know of it; else this is the failure by which they learn.
      await scene.each((worker) => scene.get(worker))
      await scene.flush()
      await scene.warned()
      scene.service.forget()
      scene.service.answer = scene.service.hold
      await scene.load(8, 20)
      for (let probe = 1; probe <= 5; probe += 1) {
        await eventually('a probe is held', () => scene.service.held.length > 0)
        await scene.refusals(8)
        expect(scene.service.arrivals).toHaveLength(probe)
        scene.service.release(500)
      }
      expect(scene.service.most).toBe(1)
      await scene.rest()
      await close(scene.worker(0))
      await scene.load(1, 20)
      await scene.agreed('closed')
      expect((await scene.told('storageLost')).flat()).toEqual([])
    },
    LONG,
  )
})
