import { Streak } from '../../../lib/circuit/opening/streak.js'

test('it opens at the threshold, and not before', () => {
  const streak = new Streak({ threshold: 3 })
  expect([streak.failure(), streak.failure(), streak.failure()]).toEqual([false, false, true])
  expect(streak.failureCount).toBe(3)
})

test('a success starts the count anew, and opens nothing', () => {
  const streak = new Streak({ threshold: 2 })
  expect(streak.failure()).toBe(false)
  expect(streak.success()).toBe(false)
  expect(streak.failureCount).toBe(0)
  expect(streak.failure()).toBe(false)
})

test('it needs to hear of successes only while it has failures', () => {
  const streak = new Streak({ threshold: 2 })
  expect(streak.needsSuccesses).toBe(false)
  streak.failure()
  expect(streak.needsSuccesses).toBe(true)
  streak.success()
  expect(streak.needsSuccesses).toBe(false)
})

test.each(['opened', 'half-opened'] as const)('while %s it shows the threshold', (state) => {
  const streak = new Streak({ threshold: 4 })
  streak.reset(state)
  expect(streak.failureCount).toBe(4)
})

test('a closed epoch begins without failures', () => {
  const streak = new Streak({ threshold: 4 })
  streak.reset('opened')
  streak.reset('closed')
  expect(streak.failureCount).toBe(0)
})
