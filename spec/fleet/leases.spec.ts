/** A probe's permit is a lease: it goes on while the probe runs, and no longer than its holder lives. */
import { eventually, LONG, Scene } from '../support/scene.js'
import type { Service } from '../support/service.js'
import type { Worker } from '../support/worker.js'

/** Seconds. Renewed three times in each, so that a busy machine may stop a process for more than a second. */
const LEASE = 2

let scene: Scene
let service: Service
beforeAll(async () => {
  scene = await Scene.start()
  service = scene.service
  await scene.enter({ size: 4, options: { threshold: 1, ttl: 0.1 }, storage: { lease: LEASE } })
}, LONG)
afterEach(() => scene.recover(), LONG)
afterAll(() => scene.stop(), LONG)

/** Every process wants to probe, and one does: it waits for its answer. */
async function probe(): Promise<Worker> {
  await scene.open(1)
  await scene.load(4, 5)
  await eventually('a probe is held', () => service.held.length > 0)
  return scene.senderOf(service.held[0] ?? { from: '' })
}

/** What the others were told at its grant is not the whole lease any more. */
async function renewed(): Promise<void> {
  const [first] = await scene.holders()
  const isLonger = async () => (await scene.holders())[0]?.until !== first?.until
  await eventually('the lease is renewed', isLonger)
}

it(
  'a probe that is slower than its lease stays alone',
  async () => {
    await probe()
    const [first] = await scene.holders()
    const end = performance.now() + 3 * LEASE * 1000
    await eventually('three leases are over', () => performance.now() > end)
    await scene.refusals(1)
    const [last] = await scene.holders()
    expect(service.arrivals).toHaveLength(1)
    expect(last?.token).toBe(first?.token)
    expect(last?.until).toBeGreaterThan((first?.until ?? Infinity) + LEASE * 1000)
    service.answer = () => 200
    service.release(200)
    await scene.agreed('closed')
  },
  LONG,
)

it(
  'a probe whose process was frozen beyond its lease has nothing to say',
  async () => {
    const frozen = await probe()
    const others = scene.others(frozen)
    frozen.signal('SIGSTOP')
    await eventually('another has taken over', () => service.held.length === 2)
    const [ours, theirs] = service.held.splice(0)
    expect(theirs?.from).not.toBe(ours?.from)
    ours?.answer(200)
    frozen.signal('SIGCONT')
    await eventually('it has its answer', async () => (await frozen.tally()).ok === 1)
    await scene.flush()
    await scene.refusals(1)
    expect(await scene.kept('state')).toBe('half-opened')
    expect(await scene.holders()).toHaveLength(1)
    theirs?.answer(500)
    await eventually('the next probe is held', () => service.held.length === 1)
    const transitions = (await scene.transitions([frozen, ...others])).flat()
    expect(transitions.filter(({ to }) => to === 'closed')).toEqual([])
  },
  LONG,
)

it(
  'a probe whose process was killed keeps its permit for the rest of its lease',
  async () => {
    const killed = await probe()
    await renewed()
    const [atFirst] = await scene.holders()
    await scene.kill(killed)
    const [atLast] = await scene.holders()
    const lease = atLast?.token === atFirst?.token ? atLast : atFirst
    await eventually('another has taken over', () => service.held.length === 2)
    expect(lease?.lease).toBe(LEASE * 1000)
    // This clock tells whole milliseconds.
    expect(service.arrivals[1]?.date).toBeGreaterThan((lease?.until ?? Infinity) - 1)
    await scene.refusals(10, scene.others(scene.senderOf(service.held[1] ?? { from: '' })))
    expect(service.arrivals).toHaveLength(2)
  },
  LONG,
)
