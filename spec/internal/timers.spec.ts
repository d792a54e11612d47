import { setTimeout as sleep } from 'node:timers/promises'
import { schedule } from '../../lib/internal/timers.js'

it('a timer of more than 25 days does not fire at once', async () => {
  const job = jest.fn()
  const cancel = schedule(3_000_000, job)
  // Without a bound, Node would have called it after a millisecond.
  await sleep(20)
  cancel()
  expect(job).not.toHaveBeenCalled()
})
