/** The clock that stops while the process does not run. */
import { setTimeout as sleep } from 'node:timers/promises'
import { awakeClock } from '../../lib/internal/awake.js'
import { monotonic } from '../../lib/internal/clock.js'
import { until } from '../support/until.js'

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

it('passes the time that a fake Date shows, and no stall before or after', async () => {
  const clock = awakeClock(60)
  const before = clock.now()
  stall(0.5)
  clock.now()
  const fake = jest.spyOn(Date, 'now').mockReturnValue(Date.now())
  const start = clock.now()
  fake.mockReturnValue(Date.now() + 3000)
  expect(clock.latest()).toBeGreaterThanOrEqual(start + 3)
  await sleep(100)
  expect(clock.now() - start).toBeCloseTo(3)
  fake.mockRestore()
  stall(0.5)
  expect(clock.now() - before).toBeLessThan(3.3)
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
