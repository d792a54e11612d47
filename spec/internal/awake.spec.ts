/** The clock that stops while the process does not run. */
import { setTimeout as sleep } from 'node:timers/promises'
import { awakeClock } from '../../lib/internal/awake.js'
import { monotonic } from '../../lib/internal/clock.js'
import { until } from '../support/until.js'

const ALL_BUT_TIMEOUT: FakeableAPI[] = ['Date', 'performance', 'nextTick', 'queueMicrotask']
const { setTimeout: realTimer } = globalThis

function noTimer(this: unknown): unknown {
  return this
}

function restore(): void {
  globalThis.setTimeout = realTimer
  Reflect.deleteProperty(globalThis, '__zone_symbol__setTimeout')
  jest.useRealTimers()
  jest.restoreAllMocks()
}
afterEach(restore)

/** Seconds for which the process does nothing else. */
function stall(seconds: number): void {
  for (const end = monotonic() + seconds; monotonic() < end;);
}

it('stops once it was not read for the span, and then knows no upper bound', async () => {
  const clock = awakeClock(0.01)
  expect(clock.latest()).toBe(Infinity)
  clock.now()
  expect(clock.latest()).toBeLessThan(Infinity)
  await until('it stops', () => clock.latest() === Infinity)
})

it('passes no time while the process is busy, but for a beat', async () => {
  const clock = awakeClock(60)
  const before = clock.now()
  await sleep(60)
  const start = clock.now()
  stall(0.5)
  expect(clock.now() - start).toBeLessThan(0.1)
  expect(start - before).toBeGreaterThan(0.04)
})

it('passes no time while the process is busy, however often it is read', () => {
  const clock = awakeClock(60)
  const start = clock.now()
  for (let time = 0; time < 10; time += 1) {
    stall(0.05)
    clock.now()
  }
  expect(clock.now() - start).toBeLessThan(0.15)
})

/** Collects the timers that are started from now on. They are no fakes. */
function startedTimers(): NodeJS.Timeout[] {
  const timers: NodeJS.Timeout[] = []
  globalThis.setTimeout = ((...all: Parameters<typeof setTimeout>) => {
    const timer = realTimer(...all)
    timers.push(timer)
    return timer
  }) as typeof setTimeout
  return timers
}

it('has one beat at a time, however often it was read while the process was busy', async () => {
  const timers = startedTimers()
  const clock = awakeClock(60)
  for (let time = 0; time < 10; time += 1) {
    clock.now()
    stall(0.1)
  }
  const before = timers.length
  const start = monotonic()
  await sleep(500)
  expect(timers.length - before).toBeLessThan((monotonic() - start) / 0.05 + 5)
})

it('goes on after a beat that the platform has dropped', async () => {
  const timers = startedTimers()
  const clock = awakeClock(60)
  clock.now()
  timers.forEach((timer) => clearTimeout(timer))
  await sleep(100)
  const start = clock.now()
  await until('it goes on', () => clock.now() - start > 0.2)
  expect(clock.latest() - start).toBeGreaterThan(0.2)
})

it.each([
  ['Date', () => jest.spyOn(Date, 'now'), Date.now],
  ['performance', () => jest.spyOn(performance, 'now'), performance.now.bind(performance)],
])(
  'passes the time that a fake %s shows, and no stall before or after',
  async (_what, spy, real) => {
    const clock = awakeClock(60)
    const before = clock.now()
    stall(0.5)
    clock.now()
    const begin = real()
    const fake = spy().mockReturnValue(begin)
    const start = clock.now()
    fake.mockReturnValue(begin + 3000)
    expect(clock.latest()).toBeGreaterThanOrEqual(start + 3)
    await sleep(100)
    expect(clock.now() - start).toBeCloseTo(3)
    fake.mockRestore()
    stall(0.5)
    expect(clock.now() - before).toBeLessThan(3.3)
  },
)

it.each<[what: string, fake: () => unknown]>([
  ['of Jest', () => jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUT })],
  ['that is a mock', () => jest.spyOn(globalThis, 'setTimeout').mockImplementation()],
  ['as of node:test', () => (globalThis.setTimeout = noTimer.bind(undefined) as never)],
])('passes real time if only setTimeout is fake: one %s', async (_what, fake) => {
  const clock = awakeClock(60)
  clock.now()
  fake()
  const before = clock.now()
  await sleep(300)
  expect(clock.latest()).toBe(Infinity)
  expect(clock.now() - before).toBeGreaterThan(0.29)
  restore()
  const start = clock.now()
  stall(0.5)
  expect(clock.now() - start).toBeLessThan(0.1)
})

it.each<[what: string, doNotFake: FakeableAPI[]]>([
  ['all that tells the time', []],
  ['setTimeout alone', ALL_BUT_TIMEOUT],
])('leaves no timer to a test that fakes %s', (_what, doNotFake) => {
  jest.useFakeTimers({ doNotFake })
  awakeClock(60).now()
  expect(jest.getTimerCount()).toBe(0)
})

it('hides its timer from Angular, which waits for those that zone.js knows of', async () => {
  const known = startedTimers()
  const native = jest.fn(realTimer)
  Object.assign(globalThis, { __zone_symbol__setTimeout: native })
  const clock = awakeClock(60)
  clock.now()
  await until('it has beaten', () => native.mock.calls.length > 1)
  expect(known).toEqual([])
  jest.useFakeTimers()
  native.mockClear()
  clock.now()
  expect(native).not.toHaveBeenCalled()
})

it('goes on after fake timers, whether they were put in its way or away', async () => {
  const clock = awakeClock(60)
  clock.now()
  jest.useFakeTimers({ now: Date.now() })
  const start = clock.now()
  jest.advanceTimersByTime(3000)
  expect(clock.now() - start).toBeCloseTo(3)
  jest.useRealTimers()
  expect(clock.latest()).toBe(Infinity)
  const before = clock.now()
  await until('it goes on', () => clock.now() - before > 0.2)
  expect(clock.latest() - before).toBeGreaterThan(0.2)
})

it('knows an upper bound without reading a clock, whether the process is busy or not', async () => {
  const clock = awakeClock(60)
  expect(clock.now()).toBeLessThanOrEqual(clock.latest())
  for (const seconds of [0, 0.01, 0.1, 0.3]) {
    stall(seconds)
    const latest = clock.latest()
    expect(clock.now()).toBeLessThanOrEqual(latest)
    await sleep(30)
    const afterwards = clock.latest()
    expect(clock.now()).toBeLessThanOrEqual(afterwards)
    // Otherwise nothing would read the clock again.
    expect(clock.latest() - clock.now()).toBeLessThan(0.2)
  }
})
