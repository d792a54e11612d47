/** The clock of circuits, whatever a test suite puts in the place of `performance` and `Date`. */
import { copyOf } from '../support/copies.js'

const realNow = Date.now

/** The clock of a copy that is loaded now. */
const loaded = () => copyOf(() => import('../../lib/internal/clock.js'))

afterEach(() => {
  jest.useRealTimers()
  jest.restoreAllMocks()
})

/** As React Native's preset for Jest does: there is nothing else in its `performance`. */
function usePresetOfReactNative(): () => void {
  const performance = Object.getOwnPropertyDescriptor(globalThis, 'performance') ?? {}
  Object.defineProperty(globalThis, 'performance', {
    configurable: true,
    value: { now: jest.fn(realNow) },
  })
  return () => Object.defineProperty(globalThis, 'performance', performance)
}

it.each([0, 1_000_000, 4e12])(
  'follows a Date that begins at %d, without timeOrigin',
  async (time) => {
    const restore = usePresetOfReactNative()
    try {
      const { monotonic } = await loaded()
      const before = monotonic()
      const fake = jest.spyOn(Date, 'now').mockReturnValue(time)
      const start = monotonic()
      expect(start).toBeGreaterThanOrEqual(before)
      fake.mockReturnValue(time + 30_000)
      expect(monotonic() - start).toBeCloseTo(30)
      fake.mockRestore()
      expect(monotonic()).toBeCloseTo(realNow() / 1000, 0)
    } finally {
      restore()
    }
  },
)

it('counts how far a fake Date is ahead when it is seen first', async () => {
  const { monotonic } = await loaded()
  const before = monotonic()
  jest.spyOn(Date, 'now').mockReturnValue(realNow() + 30_000)
  expect(monotonic() - before).toBeCloseTo(30, 1)
})

describe.each([
  ['performance', () => jest.spyOn(performance, 'now'), performance.now.bind(performance)],
  ['Date', () => jest.spyOn(Date, 'now'), realNow],
])('a mock of %s', (_what, mock, real) => {
  it.each([undefined, null, Number.NaN, Infinity, 'late', {}])(
    'that returns %p stops the clock, which then goes on',
    async (nothing) => {
      const { monotonic } = await loaded()
      const start = monotonic()
      const mocked = mock().mockReturnValue(nothing as never)
      const stopped = monotonic()
      expect(stopped).toBeGreaterThanOrEqual(start)
      expect(stopped - start).toBeLessThan(1)
      expect(monotonic()).toBe(stopped)
      mocked.mockReturnValue(real() + 30_000)
      expect(monotonic() - stopped).toBeCloseTo(30, 0)
      mocked.mockRestore()
      expect(monotonic()).toBeCloseTo(performance.now() / 1000, 0)
    },
  )
})
