/** Faults in the middle of a window: nothing stale opens a circuit, and what is real still does. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { numbersFrom } from '../support/numbers.js'
import { eventually, FleetHarness, LONG } from '../support/fleet-harness.js'

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 32)
const WINDOW = 4
const options = {
  // Chance makes half of so many requests fail once in five thousand times.
  failureRate: { threshold: 0.5, window: WINDOW, minimumRequests: 30 },
  threshold: false as const,
  ttl: 60,
}
const DEADLINE = 0.2
const storage = { commandDeadline: DEADLINE }

let scene: FleetHarness
let proxy: TcpProxy
beforeAll(async () => {
  scene = await FleetHarness.start()
  proxy = await TcpProxy.start(scene.redis.port)
  process.stdout.write(`seed ${SEED}\n`)
}, LONG)
afterEach(() => scene.clear(), LONG)
afterAll(async () => {
  proxy.stop()
  await scene.stop()
}, LONG)

/** Each request fails by chance. */
function failing(share: number): () => number {
  const next = numbersFrom(SEED)
  return () => (next() < share ? 500 : 200)
}

const isOpenedForAll = async () => (await scene.kept('state')) === 'opened'

const transitions = async () => (await scene.transitions()).flat()

/** What befalls Redis, and how it ends. */
const faults: Record<string, { begin(): unknown; end(): unknown }> = {
  emptied: { begin: () => scene.redis.command('FLUSHALL'), end: () => undefined },
  frozen: { begin: () => scene.redis.freeze(), end: () => scene.redis.thaw() },
  killed: { begin: () => scene.redis.kill(), end: () => scene.redis.restart() },
  slow: {
    begin: () => {
      proxy.delay = 2000 * DEADLINE
    },
    end: () => {
      proxy.delay = 0
    },
  },
}

describe.each(Object.keys(faults))('if Redis is %s in the middle of a window', (name) => {
  const fault = faults[name] ?? { begin: () => undefined, end: () => undefined }

  it(
    'nothing stale opens anything, and the circuit opens by what each process sees',
    async () => {
      const url = `redis://127.0.0.1:${proxy.port}`
      await scene.enter({ size: 4, options, storage: { ...storage, url } })
      await scene.load(2, 10)
      scene.service.answer = failing(0.2)
      await sleep(1000 * WINDOW)
      await fault.begin()
      scene.service.answer = () => 200
      await sleep(1500)
      await fault.end()
      await sleep(1000 * WINDOW)
      expect(await transitions()).toEqual([])
      scene.service.answer = failing(0.9)
      await scene.warned()
    },
    LONG,
  )

  it(
    'an outage that begins meanwhile is seen by each process, and the fleet agrees again afterwards',
    async () => {
      const url = `redis://127.0.0.1:${proxy.port}`
      const brief = { ...options, ttl: 1 }
      await scene.enter({ size: 4, options: brief, storage: { ...storage, url } })
      await scene.load(2, 10)
      await sleep(1000 * WINDOW)
      await fault.begin()
      scene.service.answer = failing(0.9)
      await scene.warned()
      await fault.end()
      scene.service.answer = () => 200
      await scene.agreed('closed')
      expect(await scene.sum('other')).toBe(0)
    },
    LONG,
  )
})

it(
  'a process that is frozen with a bad window brings none of it back',
  async () => {
    const [frozen, ...awake] = await scene.enter({ size: 4, options, storage })
    if (!frozen) throw new Error('There is none')
    await scene.load(2, 10)
    await sleep(1000 * WINDOW)
    scene.service.answer = failing(0.4)
    await sleep(1000)
    frozen.signal('SIGSTOP')
    scene.service.answer = () => 200
    await sleep(1000 * (WINDOW + 1))
    frozen.signal('SIGCONT')
    await sleep(1000 * WINDOW)
    expect(await transitions()).toEqual([])
    scene.service.answer = failing(0.9)
    await scene.warned(awake)
    await scene.warned([frozen])
  },
  LONG,
)

it(
  'the others open although a process that they poll is frozen',
  async () => {
    const [frozen, ...awake] = await scene.enter({ size: 4, options, storage })
    if (!frozen) throw new Error('There is none')
    await scene.load(2, 10)
    await sleep(1000 * WINDOW)
    frozen.signal('SIGSTOP')
    scene.service.answer = failing(0.9)
    await scene.warned(awake)
    await eventually('it is open for the fleet', isOpenedForAll)
    frozen.signal('SIGCONT')
    await scene.warned([frozen])
    expect(await scene.sum('other')).toBe(0)
  },
  LONG,
)

it(
  'noise at the edge of the rate leaves one permit at a time, and a fleet that agrees when it ends',
  async () => {
    await scene.enter({ size: 8, options: { ...options, ttl: 0.5 }, storage: {} })
    await scene.load(2, 10)
    const next = numbersFrom(SEED)
    const holders: number[] = []
    for (let swings = 0; swings < 6; swings += 1) {
      // The first of them is above the rate.
      scene.service.answer = failing(0.55 - 0.1 * Math.min(1, swings) * next())
      for (const end = performance.now() + 1500; performance.now() < end; await sleep(10)) {
        holders.push((await scene.holders()).length)
      }
    }
    scene.service.answer = () => 200
    await scene.agreed('closed')
    await sleep(1000 * WINDOW)
    await scene.agreed('closed')
    expect(Math.max(...holders)).toBe(1)
    expect(await scene.sum('other')).toBe(0)
  },
  LONG,
)

it(
  'a rolling deploy with another window opens nothing, and sees an outage at each step',
  async () => {
    const fresh = { ...options, failureRate: { threshold: 0.4, window: 2, minimumRequests: 20 } }
    const load = async (workers = scene.workers): Promise<void> => scene.load(2, 10, workers)
    await scene.enter({ size: 4, options: { ...options, ttl: 0.5 }, storage: {} })
    await load()
    await sleep(1000 * WINDOW)
    for (let step = 0; step < 4; step += 1) {
      scene.service.answer = failing(0.1)
      await scene.kill(scene.worker(0))
      await load(await scene.enter({ options: { ...fresh, ttl: 0.5 }, storage: {} }))
      await sleep(1000 * WINDOW)
      expect(await transitions()).toEqual([])
      scene.service.answer = failing(0.9)
      await scene.warned()
      scene.service.answer = () => 200
      await scene.agreed('closed')
      await sleep(1000 * WINDOW)
      await scene.forget()
    }
    expect(await scene.sum('other')).toBe(0)
  },
  LONG,
)
