/** A process that did not run, or was cut off, brings nothing of yesterday with it when it is back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { LONG, Scene, eventually } from '../support/scene.js'

const THRESHOLD = 3
const TTL = 1
/** Seconds: longer than a ttl, and than a process takes to notice that it did not run. */
const NIGHT = 3
const options = { threshold: THRESHOLD, ttl: TTL }
/** No deadline of a command that is under way may be what keeps old evidence from Redis. */
const storage = { commandDeadline: 0.5, permitDeadline: 0.1 }

let scene: Scene
beforeAll(async () => {
  scene = await Scene.start()
}, LONG)
afterEach(() => scene.clear(), LONG)
afterAll(() => scene.stop(), LONG)

const night = (): Promise<void> => sleep(NIGHT * 1000)

it.each([1, THRESHOLD - 1])(
  'frozen right after failure %i, it opens nothing when it thaws',
  async (failures) => {
    const [frozen, awake] = await scene.enter({ size: 2, options, storage })
    if (!frozen || !awake) throw new Error('There is none')
    scene.service.answer = () => 500
    await scene.get(frozen, failures)
    frozen.signal('SIGSTOP')
    scene.service.answer = () => 200
    await scene.load(2, 5, [awake])
    await night()
    frozen.signal('SIGCONT')
    await scene.load(2, 5, [frozen])
    await sleep(TTL * 1000)
    await scene.rest()
    for (const tally of await scene.tallies()) expect(tally).toMatchObject({ refused: 0, other: 0 })
    expect((await scene.transitions()).flat()).toEqual([])
    expect((await scene.told('storageLost')).flat()).toEqual([])
  },
  LONG,
)

it(
  'frozen before an opening, it is not refused once the ttl is over, although the message waits in its socket',
  async () => {
    const [frozen, other] = await scene.enter({ size: 2, options, storage })
    if (!frozen || !other) throw new Error('There is none')
    expect(await scene.get(frozen)).toEqual(['ok'])
    frozen.signal('SIGSTOP')
    scene.service.answer = () => 500
    await scene.get(other, THRESHOLD)
    await scene.flush([other])
    expect(await scene.kept('state')).toBe('opened')
    await scene.kill(other)
    scene.service.answer = () => 200
    await night()
    frozen.signal('SIGCONT')
    await eventually('it is served', async () => (await scene.get(frozen))[0] === 'ok')
    const { refused } = await frozen.tally()
    // While its own probe is under way others of its requests are, but here each waits for the one before.
    expect(refused).toBe(0)
    expect((await scene.told('storageLost')).flat()).toEqual([])
  },
  LONG,
)

it(
  'frozen while it holds the permit, it neither closes nor opens what others have decided since',
  async () => {
    const lease = 0.5
    const [frozen, other] = await scene.enter({ size: 2, options, storage: { ...storage, lease } })
    if (!frozen || !other) throw new Error('There is none')
    scene.service.answer = () => 500
    await scene.get(other, THRESHOLD)
    await scene.warned()
    scene.service.forget()
    scene.service.answer = scene.service.hold
    await eventually('the circuit is due', async () => (await frozen.state()) === 'half-opened')
    const probe = scene.get(frozen)
    await eventually('the probe is under way', () => scene.service.arrivals.length === 1)
    frozen.signal('SIGSTOP')
    scene.service.release(500)
    scene.service.answer = () => 200
    await eventually('another probe closes it', async () => {
      await scene.get(other)
      return (await other.state()) === 'closed'
    })
    await night()
    await other.call('reset')
    frozen.signal('SIGCONT')
    await probe
    await scene.agreed('closed')
    await scene.load(2, 5)
    await sleep(TTL * 1000)
    await scene.rest()
    expect(await other.tally()).toMatchObject({ refused: 0, failed: 0, other: 0 })
  },
  LONG,
)

it(
  'cut off from its service and from Redis, it tells nothing of it when it is back',
  async () => {
    const proxy = await TcpProxy.start(scene.redis.port)
    const [awake] = await scene.enter({ options, storage })
    const url = `redis://127.0.0.1:${proxy.port}`
    const [cutOff] = await scene.enter({ options, storage: { ...storage, url } })
    if (!awake || !cutOff) throw new Error('There is none')
    await scene.load(2, 5, [awake])
    proxy.pause()
    // Each process calls a path of its own: the first was 0 in this scene's life, and the last is this one's.
    const paths = new Set<string>()
    scene.service.answer = (from) => {
      paths.add(from)
      return 200
    }
    await eventually('the other is known', () => paths.size === 1)
    const [good] = paths
    scene.service.answer = (from) => (from === good ? 200 : 500)
    await scene.get(cutOff, THRESHOLD + 2)
    await sleep(700)
    await scene.get(cutOff, THRESHOLD)
    proxy.resume()
    scene.service.answer = () => 200
    await eventually('it is back', async () => {
      const { isUp } = await cutOff.call<{ isUp: boolean }>('state')
      return isUp
    })
    await sleep(TTL * 1000)
    await scene.rest()
    expect(await awake.tally()).toMatchObject({ refused: 0, failed: 0, other: 0 })
    expect((await scene.transitions([awake])).flat()).toEqual([])
    proxy.stop()
  },
  LONG,
)
