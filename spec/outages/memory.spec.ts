/** A Redis that answers nothing does not make a process grow, however much it has to report. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { until } from '../support/until.js'
import { Worker } from '../support/worker.js'

const LONG = 240_000
const FAILURES = 50_000
const MEGABYTE = 1e6
const LARGEST_GROWTH = 3 * MEGABYTE

it(
  `${FAILURES} failures during a frozen Redis leave only a few megabytes`,
  async () => {
    const redis = await RedisServer.start()
    const worker = await Worker.start({
      origin: 'http://127.0.0.1:1',
      // With a long deadline Redis counts as up all the time, so every report that is not held back is sent.
      storage: { url: redis.url, commandDeadline: 600 },
      options: { threshold: 10 * FAILURES },
      execArgv: ['--expose-gc'],
    })
    try {
      await worker.call('init')
      await worker.call('fail', 1000)
      await worker.call('reset')
      const before = await worker.call<number>('memory')
      redis.freeze()
      await worker.call('fail', FAILURES)
      const { failureCount, isUp } = await worker.call<{ failureCount: number; isUp: boolean }>(
        'state',
      )
      expect({ failureCount, isUp }).toEqual({ failureCount: FAILURES + 1000, isUp: true })
      let growth = Infinity
      // The events of a burst wait for turns of the event loop.
      await until('all events are told', async () => {
        await worker.call('reset')
        growth = (await worker.call<number>('memory')) - before
        return growth < LARGEST_GROWTH
      })
      if (process.env.FIGURES !== undefined) {
        process.stdout.write(`${FAILURES} failures: ${(growth / MEGABYTE).toFixed(1)} MB more\n`)
      }
      expect(growth).toBeLessThan(LARGEST_GROWTH)
    } finally {
      await worker.stop()
      await redis.stop()
    }
  },
  LONG,
)
