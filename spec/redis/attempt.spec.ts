/** What an attempt to connect reports while it hangs. */
import { Attempt } from '../../lib/redis/attempt.js'
import { NO_ANSWER, UNREACHABLE } from '../../lib/redis/failure-reasons.js'
import type { Line, LineEvents } from '../../lib/redis/line.js'
import { until } from '../support/until.js'

/** Milliseconds. */
const SLOW = 150
const DEADLINE = 5000

beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] }))
afterEach(() => jest.useRealTimers())

const never = (): Promise<never> => new Promise(() => undefined)

it('reports the newest reason, even if the process was too busy to see how far it came', async () => {
  let events: LineEvents | undefined
  const line = { connect: never, destroy: () => undefined } as unknown as Line
  const attempt = new Attempt(
    async (given) => {
      events = given
      return line
    },
    () => undefined,
  )
  const reports: string[] = []
  const running = attempt.run((error) => reports.push((error as Error).message))
  const failed = jest.fn()
  running.catch(failed)
  await jest.advanceTimersByTimeAsync(SLOW - 1)
  expect(reports).toEqual([])
  await jest.advanceTimersByTimeAsync(1)
  expect(reports).toEqual([UNREACHABLE])
  events?.onWait(NO_ANSWER)
  await jest.advanceTimersByTimeAsync(DEADLINE - SLOW)
  await until('it has failed', () => failed.mock.calls.length > 0)
  expect(failed).toHaveBeenCalledWith(new Error(NO_ANSWER))
  expect(reports).toEqual([UNREACHABLE, NO_ANSWER])
})
