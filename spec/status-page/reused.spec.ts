/** What everybody who looks gets is made anew only now and then. */
import { Reused } from '../../lib/status-page/reused.js'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

it('takes no more than a tenth of the time, however long it takes to make', () => {
  let made = 0
  const reused = new Reused(
    () => {
      jest.advanceTimersByTime(100)
      made += 1
      return made
    },
    () => 1000,
  )
  const shown = Array.from({ length: 100 }, () => {
    reused.outdate()
    const value = reused.recent()
    jest.advanceTimersByTime(45)
    return value
  })
  expect(shown.lastIndexOf(1)).toBe(19)
  expect(made).toBe(5)
})
