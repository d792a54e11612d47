/** A process that was frozen or cut off brings no stale evidence back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { LONG, FleetHarness, eventually } from '../support/fleet-harness.js'

const THRESHOLD = 3
const TTL = 1
/** Seconds. Longer than a ttl, and than the gap that a process detects. */
const NIGHT = 3
const options = { threshold: THRESHOLD, ttl: TTL }
/** Deadlines so long that they are not what keeps old evidence from Redis. */
const storage = { commandDeadline: 0.5, permitDeadline: 0.1 }

let harness: FleetHarness
beforeAll(async () => {
  harness = await FleetHarness.start()
}, LONG)
afterEach(() => harness.clear(), LONG)
afterAll(() => harness.stop(), LONG)

const night = (): Promise<void> => sleep(NIGHT * 1000)

it.each([1, THRESHOLD - 1])(
  'a process frozen right after failure %i reports nothing of it when it thaws',
  async (failures) => {
    // The failure would still count: only the gap makes it stale.
    const patient = { ...options, ttl: 20 * NIGHT }
    const [frozen] = await harness.enter({ options: patient, storage })
    if (!frozen) throw new Error('There is none')
    harness.service.answer = () => 500
    await harness.get(frozen, failures)
    frozen.signal('SIGSTOP')
    await night()
    // A slow machine may have let it report the failure before it was frozen.
    const before = await harness.kept('streaks')
    frozen.signal('SIGCONT')
    // Its timers, which were due long ago, fire before it answers twice.
    await frozen.state()
    await harness.flush()
    expect(await harness.kept('streaks')).toBe(before)
    harness.service.answer = () => 200
    expect(await harness.get(frozen)).toEqual(['ok'])
    expect((await harness.transitions()).flat()).toEqual([])
    expect((await harness.eventsNamed('storageLost')).flat()).toEqual([])
  },
  LONG,
)

it(
  'a process frozen before an opening refuses nothing after the ttl, although the message waits in its socket',
  async () => {
    const [frozen, other] = await harness.enter({ size: 2, options, storage })
    if (!frozen || !other) throw new Error('There is none')
    expect(await harness.get(frozen)).toEqual(['ok'])
    frozen.signal('SIGSTOP')
    harness.service.answer = () => 500
    await harness.get(other, THRESHOLD)
    await harness.flush([other])
    expect(await harness.kept('state')).toBe('opened')
    await harness.kill(other)
    harness.service.answer = () => 200
    await night()
    frozen.signal('SIGCONT')
    await eventually('it is served', async () => (await harness.get(frozen))[0] === 'ok')
    const { refused } = await frozen.tally()
    // A process has other requests in flight during its probe, but here each waits for the one before.
    expect(refused).toBe(0)
    expect((await harness.eventsNamed('storageLost')).flat()).toEqual([])
  },
  LONG,
)

it(
  'a process frozen with the permit neither closes nor opens the circuit after others have decided',
  async () => {
    const lease = 0.5
    const [frozen, other] = await harness.enter({
      size: 2,
      options,
      storage: { ...storage, lease },
    })
    if (!frozen || !other) throw new Error('There is none')
    harness.service.answer = () => 500
    await harness.get(other, THRESHOLD)
    await harness.warned()
    harness.service.forget()
    harness.service.answer = harness.service.hold
    await eventually('the circuit is due', async () => (await frozen.state()) === 'half-opened')
    const probe = harness.get(frozen)
    await eventually('the probe is under way', () => harness.service.arrivals.length === 1)
    frozen.signal('SIGSTOP')
    harness.service.release(500)
    harness.service.answer = () => 200
    await eventually('another probe closes it', async () => {
      await harness.get(other)
      return (await other.state()) === 'closed'
    })
    await night()
    await other.call('reset')
    frozen.signal('SIGCONT')
    await probe
    await harness.agreed('closed')
    await harness.load(2, 5)
    await sleep(TTL * 1000)
    await harness.rest()
    expect(await other.tally()).toMatchObject({ refused: 0, failed: 0, other: 0 })
  },
  LONG,
)

it(
  'a process cut off from its service and from Redis reports nothing when it is back',
  async () => {
    const proxy = await TcpProxy.start(harness.redis.port)
    const [awake] = await harness.enter({ options, storage })
    const url = `redis://127.0.0.1:${proxy.port}`
    const [cutOff] = await harness.enter({ options, storage: { ...storage, url } })
    if (!awake || !cutOff) throw new Error('There is none')
    await harness.load(2, 5, [awake])
    proxy.pause()
    // Each process calls a path of its own. The first process of this fleet had 0, and this is the last one.
    const paths = new Set<string>()
    harness.service.answer = (from) => {
      paths.add(from)
      return 200
    }
    await eventually('the other is known', () => paths.size === 1)
    const [good] = paths
    harness.service.answer = (from) => (from === good ? 200 : 500)
    await harness.get(cutOff, THRESHOLD + 2)
    await sleep(700)
    await harness.get(cutOff, THRESHOLD)
    proxy.resume()
    harness.service.answer = () => 200
    await eventually('it is back', async () => {
      const { isUp } = await cutOff.call<{ isUp: boolean }>('state')
      return isUp
    })
    await sleep(TTL * 1000)
    await harness.rest()
    expect(await awake.tally()).toMatchObject({ refused: 0, failed: 0, other: 0 })
    expect((await harness.transitions([awake])).flat()).toEqual([])
    proxy.stop()
  },
  LONG,
)
