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

/** What Jest's fake timers would replace too. */
const NOT_DATE: FakeableAPI[] = ['performance', 'nextTick', 'queueMicrotask', 'setImmediate']

const FAKES: [what: string, fake: (time: number) => void][] = [
  ['a stub of Date.now', (time) => void jest.spyOn(Date, 'now').mockReturnValue(time)],
  ['a fake Date', (now) => void jest.useFakeTimers({ now, doNotFake: NOT_DATE })],
  ['fake timers', (now) => void jest.useFakeTimers({ now })],
]

it.each(FAKES)(
  'follows %s from before it was loaded, and those that come later',
  async (_what, fake) => {
    const begin = realNow()
    fake(begin)
    const { monotonic, isClockFake } = await loaded()
    const start = monotonic()
    fake(begin + 30_000)
    expect(monotonic() - start).toBeCloseTo(30)
    expect(isClockFake()).toBe(true)
    jest.useRealTimers()
    jest.restoreAllMocks()
    const real = monotonic()
    expect(real).toBeCloseTo(performance.now() / 1000, 0)
    expect(isClockFake()).toBe(false)
    jest.spyOn(Date, 'now').mockReturnValue(realNow() + 60_000)
    expect(monotonic() - real).toBeCloseTo(60, 0)
  },
)

it('follows a Date that was fake first, whichever clocks were fake in the meantime', async () => {
  jest.useFakeTimers({ doNotFake: NOT_DATE })
  const { monotonic } = await loaded()
  monotonic()
  jest.useRealTimers()
  jest.useFakeTimers({ doNotFake: ['Date'] })
  const performed = monotonic()
  jest.advanceTimersByTime(30_000)
  expect(monotonic() - performed).toBeCloseTo(30)
  jest.useRealTimers()
  jest.useFakeTimers({ doNotFake: NOT_DATE })
  const start = monotonic()
  jest.advanceTimersByTime(30_000)
  expect(monotonic() - start).toBeCloseTo(30)
})

it('does not read the Date of a framework, which binds what it puts there', async () => {
  const read = jest.fn(realNow)
  Date.now = read.bind(undefined)
  try {
    const { monotonic, isClockFake } = await loaded()
    expect(monotonic()).toBeCloseTo(performance.now() / 1000, 0)
    expect(isClockFake()).toBe(false)
    expect(read).not.toHaveBeenCalled()
  } finally {
    Date.now = realNow
  }
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
