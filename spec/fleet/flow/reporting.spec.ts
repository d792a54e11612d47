/** What a process reports of its failures, and what it keeps to itself. */
import { HOLD } from '../../../lib/fleet/flow/reporting.js'
import { LONGEST_PROOF } from '../../../lib/storage/limits.js'
import { Driven, opened, SETTINGS } from './driven.js'

const { threshold: THRESHOLD, ttl: LIFE } = SETTINGS

let process: Driven
beforeEach(() => {
  process = new Driven()
})

const failures = (): unknown[] =>
  process.asked('report').map(({ command }) => command.evidence.failures)

/** The report that is on its way is carried out. */
const deliver = () => process.answer('report')

/** The time for which a streak is held back is over. */
const wait = () => process.take({ on: 'heldBack' })

it('does not report successes, which leave the state unchanged', () => {
  const before = process.state
  process.end('success', 100)
  process.take({ on: 'hurried' })
  expect(process.state).toBe(before)
  expect(process.effects).toEqual([])
})

it('does nothing for ignored attempts', () => {
  process.end('failure')
  const before = process.state
  process.end('ignored')
  expect(process.state).toBe(before)
})

it('keeps several failures to itself if a success follows in time', () => {
  process.end('failure', THRESHOLD - 1)
  expect(process.all('start')).toEqual([
    { do: 'start', timer: 'hold', seconds: HOLD, input: { on: 'heldBack' } },
  ])
  process.end('success')
  expect(process.all('stop')).toEqual([{ do: 'stop', timer: 'hold' }])
  wait()
  expect(failures()).toEqual([])
})

it('reports a streak that lasts, once', () => {
  process.end('failure', 2)
  expect(failures()).toEqual([])
  wait()
  wait()
  deliver()
  wait()
  expect(failures()).toEqual([2])
})

it('reports a streak of the threshold at once, with what is known of the last failure', () => {
  process.end('failure', THRESHOLD - 1)
  const reason = { status: 503 }
  const { now: grantedAt } = process
  process.take({ on: 'ended', outcome: 'failure', reason, grantedAt, local: 'opened' })
  expect(process.asked('report')).toMatchObject([
    { command: { evidence: { failures: THRESHOLD, age: 0 }, reason }, deadline: 0.5, at: 100 },
  ])
  expect(process.all('stop')).toHaveLength(1)
})

it('does not wait if flush() is called', () => {
  process.end('failure', 2)
  process.take({ on: 'hurried' })
  expect(failures()).toEqual([2])
  expect(process.all('stop')).toHaveLength(1)
})

it('reports what follows a report at once, and takes it back after a success', () => {
  process.end('failure', 2)
  wait()
  deliver()
  process.end('failure')
  deliver()
  process.end('success')
  deliver()
  process.end('success')
  expect(failures()).toEqual([2, 3, 0])
  expect(process.asked('report').at(-1)?.command).toEqual({
    op: 'report',
    evidence: { failures: 0, age: 0 },
  })
})

it('has one report on its way at a time, and sends what was seen meanwhile in the next', () => {
  process.end('failure', THRESHOLD + 3)
  process.end('success')
  process.end('failure')
  process.take({ on: 'hurried' })
  expect(failures()).toEqual([THRESHOLD])
  deliver()
  expect(failures()).toEqual([THRESHOLD, 1])
  deliver()
  expect(failures()).toHaveLength(2)
})

it('reports nothing while it is alone, and afterwards how old the newest failure is', () => {
  process.take({ on: 'lost' })
  process.end('failure', THRESHOLD)
  expect(failures()).toEqual([])
  process.now += 4
  process.read()
  expect(process.asked('report')).toMatchObject([
    { command: { evidence: { failures: THRESHOLD, age: 4 } } },
  ])
})

it('drops a failure that is too old to prove anything', () => {
  process.take({ on: 'lost' })
  process.end('failure', THRESHOLD)
  process.now += LIFE + 1
  process.read()
  process.take({ on: 'hurried' })
  expect(failures()).toEqual([])
})

it('keeps a failure that is just young enough', () => {
  process.take({ on: 'lost' })
  process.end('failure', THRESHOLD)
  process.now += LIFE
  process.read()
  expect(failures()).toEqual([THRESHOLD])
})

it('does not take back what is too old to stand', () => {
  process.end('failure', THRESHOLD)
  deliver()
  process.now += LONGEST_PROOF + 1
  process.end('success')
  expect(failures()).toEqual([THRESHOLD])
  process.end('failure')
  expect(failures()).toEqual([THRESHOLD])
})

it('takes back what no longer stands for itself, but does for a process with a longer ttl', () => {
  process.end('failure')
  wait()
  deliver()
  process.now += LONGEST_PROOF
  process.end('success')
  expect(failures()).toEqual([1, 0])
})

it('forgets what was seen before a gap, but takes back what it had reported', () => {
  process.end('failure', 2)
  wait()
  deliver()
  process.end('failure', 2, process.now)
  process.take({ on: 'distrusted' })
  process.now += 1
  deliver()
  expect(failures()).toEqual([2, 3])
  process.end('success')
  expect(failures()).toEqual([2, 3, 0])
})

it('ignores requests that were under way in a gap', () => {
  const grantedAt = process.now
  process.now += 5
  process.take({ on: 'distrusted' })
  process.end('failure', THRESHOLD, grantedAt)
  expect(failures()).toEqual([])
  expect(process.all('renewPermit')).toEqual([{ do: 'renewPermit', since: 105 }])
  process.end('failure', THRESHOLD)
  expect(failures()).toEqual([THRESHOLD])
})

it('does not take back what it reported in an earlier epoch', () => {
  process.end('failure', THRESHOLD)
  deliver()
  process.push(opened(1))
  process.end('success')
  expect(failures()).toEqual([THRESHOLD])
})

it('repeats a report that was refused for its epoch, but only once', () => {
  process.end('failure', THRESHOLD)
  process.answer('report', { granted: false })
  process.answer('report', { granted: false })
  expect(failures()).toEqual([THRESHOLD, THRESHOLD])
  process.end('failure')
  expect(failures()).toEqual([THRESHOLD, THRESHOLD, THRESHOLD + 1])
})

it('goes on reporting as long as reports are accepted or unanswered', () => {
  process.end('failure', THRESHOLD)
  for (const answer of [deliver, deliver, () => process.fail('report'), deliver]) {
    process.end('failure')
    answer()
  }
  expect(failures()).toEqual([5, 6, 7, 8, 9])
})

it('ignores an answer to a report that is not on its way', () => {
  process.end('failure', THRESHOLD)
  deliver()
  const before = process.state
  deliver()
  process.fail('report')
  expect(process.state).toBe(before)
})

it('does not repeat a report that an opened circuit refused', () => {
  process.end('failure', THRESHOLD)
  process.answer('report', { ...opened(1), granted: false })
  expect(failures()).toEqual([THRESHOLD])
})

it('does not repeat that it takes something back', () => {
  process.end('failure', THRESHOLD)
  deliver()
  process.end('success')
  process.answer('report', { granted: false })
  expect(failures()).toEqual([THRESHOLD, 0])
})

it('takes a streak back again if the answer was lost', () => {
  process.end('failure', THRESHOLD)
  deliver()
  process.end('success')
  process.fail('report')
  process.end('success')
  expect(failures()).toEqual([THRESHOLD, 0, 0])
})

it('reports a failure once if it comes while an older one is due', () => {
  process.take({ on: 'lost' })
  process.end('failure')
  process.take({ on: 'hurried' })
  process.end('failure')
  process.read()
  wait()
  deliver()
  wait()
  expect(failures()).toEqual([2])
})

it('sends nothing until the end of a probe is known', () => {
  process.push(opened(1))
  process.take({ on: 'wanted', token: 't' })
  process.answer('acquire', { version: 2, epoch: 2, state: 'half-opened' })
  const lease = { token: 't', grantedAt: process.now, isTaken: true }
  process.take({ on: 'admitted', local: 'half-opened', lease })
  const end = { token: 't', outcome: 'success', counted: true, local: 'closed' } as const
  process.take({ on: 'settled', ...end })
  process.end('failure', THRESHOLD)
  expect(failures()).toEqual([])
  process.answer('settle', { version: 3, epoch: 3, state: 'closed' })
  expect(failures()).toEqual([THRESHOLD])
})

it('reports nothing of a circuit that was detached', () => {
  process.end('failure', 2)
  process.take({ on: 'released' })
  wait()
  process.take({ on: 'hurried' })
  expect(failures()).toEqual([])
  expect(process.all('stop')).toHaveLength(1)
})

it('counts from 0 again after a gap', () => {
  process.end('failure', 2)
  process.take({ on: 'distrusted' })
  process.end('failure')
  wait()
  expect(failures()).toEqual([1])
})

it('reports a single failure once more, too, if it was refused for its epoch', () => {
  process.end('failure')
  wait()
  process.answer('report', { granted: false })
  expect(failures()).toEqual([1, 1])
})

it.each<[string, () => unknown]>([
  ['taken', deliver],
  ['not answered', () => process.fail('report')],
])('counts no refusal of a report that was %s', (_how, end) => {
  process.end('failure', THRESHOLD)
  process.end('failure')
  end()
  process.answer('report', { granted: false })
  expect(failures()).toEqual([THRESHOLD, THRESHOLD + 1, THRESHOLD + 1])
})

it('repeats nothing that an opened circuit refused, even if it learns of that while it is alone', () => {
  process.end('failure', THRESHOLD)
  process.take({ on: 'lost' })
  process.answer('report', { ...opened(1), granted: false })
  process.read({ version: 3, epoch: 3, state: 'closed' })
  expect(failures()).toEqual([THRESHOLD])
})

it('takes back a streak that only just stands', () => {
  process.end('failure', THRESHOLD)
  deliver()
  process.now += LIFE
  process.end('success')
  expect(failures()).toEqual([THRESHOLD, 0])
})

it('forgets a report that is too old to stand', () => {
  process.end('failure', THRESHOLD)
  deliver()
  process.now += LIFE + 1
  process.end('success')
  const before = process.state
  process.end('success')
  expect(process.state).toBe(before)
})

it('reports a single failure by its age and its reason, and takes it back without either', () => {
  const reason = { status: 503 }
  process.take({ on: 'ended', outcome: 'failure', reason, grantedAt: process.now, local: 'closed' })
  process.now += 2
  wait()
  deliver()
  process.now += 1
  process.end('success')
  expect(process.asked('report').map(({ command }) => command)).toEqual([
    { op: 'report', evidence: { failures: 1, age: 2 }, reason },
    { op: 'report', evidence: { failures: 0, age: 0 } },
  ])
})
