/** What a page has yet to be told: each thing once. `catch-up` has random sequences. */
import { Backlog } from '../../lib/status-page/backlog.js'
import type { Tracked } from '../../lib/status-page/tracked.js'

const one = { id: 1 } as Tracked
const NOTHING = { changed: [], gone: [] }

it('tells each change and each end once', () => {
  const backlog = new Backlog()
  backlog.change(one)
  backlog.change(one)
  backlog.remove(2)
  expect(backlog.take()).toEqual({ changed: [one], gone: [2] })
  expect([backlog.isEmpty, backlog.take()]).toEqual([true, undefined])
  backlog.change(one)
  expect(backlog.take()).toEqual({ changed: [one], gone: [] })
})

it('tells that the summary has changed, although no row has', () => {
  const [backlog, missed] = [new Backlog(), new Backlog()]
  backlog.change(undefined)
  expect(backlog.take()).toEqual(NOTHING)
  missed.add(NOTHING, 1)
  expect([missed.isEmpty, missed.take(), missed.isEmpty]).toEqual([false, NOTHING, true])
})

it('tells nothing of what was before it was cleared', () => {
  const backlog = new Backlog()
  backlog.change({ id: 3 } as Tracked)
  backlog.remove(2)
  backlog.clear()
  expect([backlog.isEmpty, backlog.take()]).toEqual([true, undefined])
  backlog.change(one)
  expect(backlog.take()).toEqual({ changed: [one], gone: [] })
})
