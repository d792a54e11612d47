/** Faults in the middle of a window: nothing stale opens a circuit, and what is real still does. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { numbersFrom } from '../support/numbers.js'
import { eventually, FleetHarness, LONG } from '../support/fleet-harness.js'

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 32)
const WINDOW = 4
// Chance makes half of so many requests fail once in five thousand times.
const MINIMUM = 30
const options = {
  failureRate: { threshold: 0.5, window: WINDOW, minimumRequests: MINIMUM },
  threshold: false as const,
  ttl: 60,
}
/** A failure leaves this window only after the spec: whatever does not count is not trusted. */
const lasting = { ...options, failureRate: { ...options.failureRate, window: 60 } }
/** One process can open nothing by so many, but would with those of another. */
const NEARLY = MINIMUM - 1
/** Enough for a poll of the fleet. */
const MANY = 20
/** Seconds. Longer than the gap that a process detects. */
const NIGHT = 2.5
/** Seconds. More than the fleet needs to report failures, and to poll all processes. */
const VERDICT = 2
const DEADLINE = 0.2
const storage = { commandDeadline: DEADLINE }

interface Up {
  readonly isUp: boolean
}

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
    'some failures before it open nothing, and the circuit opens by what each process sees',
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

/** Those that leave a process alone. */
const losses = Object.entries(faults).filter(([name]) => name !== 'emptied')

it.each(losses)(
  'a process that sees only failures while Redis is %s brings none of them back',
  async (_name, fault) => {
    const url = `redis://127.0.0.1:${proxy.port}`
    const [alone, other] = await scene.enter({
      size: 2,
      options: lasting,
      storage: { ...storage, url },
    })
    if (!alone || !other) throw new Error('There is none')
    scene.service.answer = () => 500
    await fault.begin()
    await scene.get(alone, MANY, MANY)
    const has = async (event: string) => (await alone.eventsNamed(event)).length > 0
    await eventually('it is alone', () => has('storageLost'))
    await scene.get(alone, NEARLY - MANY)
    await fault.end()
    await eventually('it is back', () => has('storageRestored'))
    await eventually('the other is there', async () => (await other.call<Up>('state')).isUp)
    await scene.get(other, MANY, MANY)
    await sleep(1000 * VERDICT)
    expect(await transitions()).toEqual([])
    await scene.load(2, 10)
    await scene.warned()
  },
  LONG,
)

it(
  'a process that is frozen with a bad window brings none of it back',
  async () => {
    const [frozen, awake] = await scene.enter({ size: 2, options: lasting, storage })
    if (!frozen || !awake) throw new Error('There is none')
    scene.service.answer = () => 500
    await scene.get(frozen, NEARLY, NEARLY)
    frozen.signal('SIGSTOP')
    await sleep(1000 * NIGHT)
    frozen.signal('SIGCONT')
    // Its timers, which were due long ago, fire before it answers twice.
    await frozen.state()
    await frozen.state()
    await scene.get(awake, MANY, MANY)
    await sleep(1000 * VERDICT)
    expect(await transitions()).toEqual([])
    await scene.load(2, 10)
    await scene.warned()
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
