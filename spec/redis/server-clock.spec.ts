/** Ages and deadlines by a clock that is read now and then, late, drifts, and may be set. */
import fc from 'fast-check'
import { ServerClock } from '../../lib/redis/server-clock.js'

let now: number
let clock: ServerClock
beforeEach(() => {
  now = 1000
  clock = new ServerClock(() => now)
})

it('knows nothing before the first reading', () => {
  expect(clock.latest).toBe(0)
  expect(clock.ageOf(5)).toBe(0)
})

it('knows how old a message is', () => {
  clock.read({ time: 50, sentAt: 1000, readAt: 1000 })
  now += 8
  expect(clock.ageOf(58)).toBe(0)
  expect(clock.ageOf(52)).toBeCloseTo(6, 1)
})

it('follows a clock that was set forward or back', () => {
  for (const step of [3600, -3600]) {
    clock.read({ time: now - 900, sentAt: now, readAt: now })
    now += 1
    clock.read({ time: now - 900 + step, sentAt: now, readAt: now })
    now += 1
    expect(clock.latest).toBeCloseTo(now - 900 + step, 1)
  }
})

it('is not misled by a reading that a frozen process took late', () => {
  clock.read({ time: 50, sentAt: 1000, readAt: 1000.001 })
  now = 1060
  clock.read({ time: 51, sentAt: 1001, readAt: 1060 })
  expect(clock.latest).toBeCloseTo(110, 0)
})

it('never overestimates an age, and never ends a deadline early', () => {
  const reading = fc.record({
    wait: fc.double({ min: 0, max: 1e5, noNaN: true }),
    trip: fc.double({ min: 0, max: 30, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const drifts = fc.double({ min: 1 - 4e-4, max: 1 + 4e-4, noNaN: true })
  fc.assert(
    fc.property(drifts, fc.array(reading, { minLength: 1, maxLength: 8 }), (pace, readings) => {
      now = 0
      const server = new ServerClock(() => now)
      const timeAt = (local: number): number => 5000 + local * pace
      for (const { wait, trip, share } of readings) {
        const sentAt = now
        now += trip
        server.read({ time: timeAt(sentAt + share * trip), sentAt, readAt: now })
        now += wait
        const time = timeAt(now)
        // A millionth allows for the rounding of doubles.
        expect(server.latest).toBeGreaterThanOrEqual(time - 1e-6)
        expect(server.ageOf(time - 3)).toBeLessThanOrEqual(3 + 1e-6)
        expect(server.ageOf(time)).toBe(0)
      }
    }),
  )
})
