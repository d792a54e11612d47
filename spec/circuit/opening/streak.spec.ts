import { Streak } from '../../../lib/circuit/opening/streak.js'

test('it opens at the threshold, and not before', () => {
  const streak = new Streak(3)
  expect([streak.failure(1), streak.failure(1), streak.failure(1)]).toEqual([
    undefined,
    undefined,
    'streak',
  ])
  expect(streak.failureCount).toBe(3)
})

test('a success starts the count anew, and opens nothing', () => {
  const streak = new Streak(2)
  expect(streak.failure(1)).toBeUndefined()
  expect(streak.success(1)).toBeUndefined()
  expect(streak.failureCount).toBe(0)
  expect(streak.failure(1)).toBeUndefined()
})

test('it needs successes only while it has failures', () => {
  const streak = new Streak(2)
  expect(streak.needsSuccesses).toBe(false)
  streak.failure(1)
  expect(streak.needsSuccesses).toBe(true)
  streak.success(1)
  expect(streak.needsSuccesses).toBe(false)
})

describe.each(['opened', 'half-opened'] as const)('while %s', (state) => {
  test.each(['streak', undefined] as const)('by %s, it shows the threshold', (cause) => {
    const streak = new Streak(4)
    streak.reset(state, cause)
    expect(streak.failureCount).toBe(4)
  })

  test.each(['rate', 'probe'] as const)('by a %s, it shows what it has counted', (cause) => {
    const streak = new Streak(4)
    streak.failure(1)
    streak.reset(state, cause)
    expect(streak.failureCount).toBe(1)
  })
})

test('a closed epoch begins without failures', () => {
  const streak = new Streak(4)
  streak.reset('opened')
  streak.reset('closed')
  expect(streak.failureCount).toBe(0)
})

test('without a threshold it never opens, and shows what it has counted', () => {
  const streak = new Streak(Infinity)
  for (let count = 0; count < 1000; count += 1) expect(streak.failure(1)).toBeUndefined()
  streak.reset('opened')
  expect(streak.failureCount).toBe(1000)
})
