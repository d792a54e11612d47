/** What a shared circuit asks of Redis: nothing while it is healthy, and little where it is not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { eventually, LONG, Scene } from '../support/scene.js'

const SIZE = 8
const WITHOUT_NETWORK = 96_000
const WITH_NETWORK = 4000
const AT_ONCE = 100
/** Requests of each process, in a crowd that meets failures. */
const EACH = 60

let scene: Scene
beforeAll(async () => {
  scene = await Scene.start()
  await scene.enter({ size: SIZE, options: { threshold: 1_000_000 } })
}, LONG)
afterEach(() => scene.reset(), LONG)
afterAll(() => scene.stop(), LONG)

/** What Redis is told while a job is done, by anyone, without the PING that a subscription sends each 15 s. */
async function heard(job: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = []
  const monitor = createClient({ url: scene.redis.url, disableClientInfo: true })
  await monitor.connect()
  await monitor.monitor((line) => lines.push(line))
  const positionOf = (mark: string) => lines.findIndex((line) => line.includes(mark))
  try {
    await scene.redis.command('ECHO', 'the beginning')
    await job()
    await scene.redis.command('ECHO', 'the end')
    await eventually('the monitor has heard it all', () => positionOf('the end') >= 0)
    const told = lines.slice(positionOf('the beginning') + 1, positionOf('the end'))
    return told.filter((line) => !line.endsWith('"PING"'))
  } finally {
    monitor.destroy()
  }
}

/** Without what the spec itself asks, and without the PINGs. */
async function counts(): Promise<Record<string, number>> {
  const all = await scene.redis.commandCounts()
  const own = new Set(['info', 'echo', 'hello', 'monitor', 'ping'])
  return Object.fromEntries(Object.entries(all).filter(([name]) => !own.has(name)))
}

describe('a healthy circuit', () => {
  it(
    'sends no command in 100,000 requests, most of them without a network, for the sake of time',
    async () => {
      scene.service.answer = () => sleep(5, 200)
      const before = await counts()
      const lines = await heard(async () => {
        await scene.each((worker) => worker.call('spin', WITHOUT_NETWORK / SIZE, AT_ONCE))
        await scene.each((worker) => scene.get(worker, WITH_NETWORK / SIZE, AT_ONCE))
        await scene.flush()
      })
      expect(lines).toEqual([])
      expect(await counts()).toEqual(before)
      expect(await scene.sum('ok')).toBe(WITHOUT_NETWORK + WITH_NETWORK)
      expect(scene.service.arrivals).toHaveLength(WITH_NETWORK)
      expect(scene.service.most).toBeGreaterThan(10)
    },
    LONG,
  )
})

describe('a failure', () => {
  it(
    'costs one command where it is alone',
    async () => {
      const worker = scene.worker(0)
      scene.service.answer = () => 500
      const before = await scene.commands()
      for (let count = 1; count <= 20; count += 1) {
        await scene.get(worker)
        await scene.flush([worker])
        expect((await scene.commands()) - before).toBe(count)
      }
    },
    LONG,
  )

  it.each([
    ['one after the other', 1, 1, 1],
    ['many at once', 1, 50, 1],
    ['after a success each', 2, 1, 2],
    ['many at once, among successes', 3, 50, 2],
  ])(
    'costs one command in a crowd, and the success that ends it another: %s',
    async (_how, every, atOnce, most) => {
      let count = 0
      scene.service.answer = () => ((count += 1) % every === 0 ? 503 : 200)
      const before = await scene.commands()
      await scene.each((worker) => scene.get(worker, EACH, atOnce))
      await scene.flush()
      const failed = await scene.sum('failed')
      const sent = (await scene.commands()) - before
      expect(failed).toBe((EACH * SIZE) / every)
      expect(sent).toBeLessThanOrEqual(most * failed)
      expect(await scene.kept('state')).toBe('closed')
    },
    LONG,
  )

  it(
    'among successes is hardly ever sent, as each follows within 50 ms',
    async () => {
      let count = 0
      scene.service.answer = () => ((count += 1) % 100 === 0 ? 503 : 200)
      const before = await scene.commands()
      await scene.each((worker) => scene.get(worker, 500, 1))
      const failed = await scene.sum('failed')
      process.stdout.write(`${failed} failures, ${(await scene.commands()) - before} commands\n`)
      expect(failed).toBe((500 * SIZE) / 100)
      expect((await scene.commands()) - before).toBeLessThanOrEqual(failed / 2)
    },
    LONG,
  )
})
