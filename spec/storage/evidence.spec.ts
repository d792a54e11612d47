/** What a process reports of its failures, and what it keeps to itself. No storage is needed for it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Evidence, HOLD, type Delivery, type Report } from '../../lib/fleet/evidence.js'
import { until } from '../support/until.js'

const THRESHOLD = 5
const LIFE = 10

let now = 100
let isUp = true
let reports: Report[] = []
let answer: () => Promise<Delivery> | Delivery
let evidence: Evidence
beforeEach(() => {
  now = 100
  isUp = true
  reports = []
  answer = () => 'taken'
  evidence = new Evidence({
    threshold: THRESHOLD,
    life: LIFE,
    now: () => now,
    maySend: () => isUp,
    send: async (report) => {
      reports.push(report)
      return answer()
    },
  })
})

function fail(count = 1): void {
  for (let index = 0; index < count; index += 1) evidence.note('failure')
}

const streaks = (): number[] => reports.map(({ evidence: { failures } }) => failures)

/** Longer than a streak is held back. */
const hold = (): Promise<void> => sleep(HOLD * 1000 * 3)

it('says nothing of successes', async () => {
  for (let index = 0; index < 100; index += 1) evidence.note('success')
  await evidence.flush()
  expect(reports).toEqual([])
})

it('keeps a failure to itself that a success follows', async () => {
  fail()
  evidence.note('success')
  await hold()
  expect(reports).toEqual([])
})

it('keeps several failures to itself if a success follows in time', async () => {
  fail(THRESHOLD - 1)
  evidence.note('success')
  await hold()
  expect(reports).toEqual([])
})

it('reports a streak that lasts, once', async () => {
  fail(2)
  expect(reports).toEqual([])
  await until('it is reported', () => reports.length > 0)
  await hold()
  expect(streaks()).toEqual([2])
})

it('reports a streak of the threshold at once', () => {
  fail(THRESHOLD)
  expect(streaks()).toEqual([THRESHOLD])
})

it('reports what follows a report at once, and takes it back after a success', async () => {
  fail(2)
  await evidence.flush()
  fail()
  await evidence.flush()
  evidence.note('success')
  await evidence.flush()
  evidence.note('success')
  await evidence.flush()
  expect(streaks()).toEqual([2, 3, 0])
})

it('has one report on its way at a time, and sends what was seen meanwhile in the next', async () => {
  let end: (delivery: Delivery) => void = () => undefined
  answer = () => new Promise((resolve) => (end = resolve))
  fail(THRESHOLD)
  fail(3)
  evidence.note('success')
  fail(1)
  expect(streaks()).toEqual([THRESHOLD])
  answer = () => 'taken'
  end('taken')
  await evidence.flush()
  expect(streaks()).toEqual([THRESHOLD, 1])
})

it('says how old the newest failure is, and drops one that is too old', async () => {
  isUp = false
  fail(2)
  await evidence.flush()
  isUp = true
  now += 4
  await evidence.flush()
  expect(reports).toEqual([{ evidence: { failures: 2, age: 4 } }])
  isUp = false
  fail()
  now += LIFE + 1
  isUp = true
  await evidence.flush()
  expect(reports).toHaveLength(1)
})

it('takes nothing back that stands no more by itself', async () => {
  fail(2)
  await evidence.flush()
  now += LIFE + 1
  evidence.note('success')
  await evidence.flush()
  expect(streaks()).toEqual([2])
})

it('forgets what was seen alone, but takes back what it had reported before', async () => {
  fail(2)
  await evidence.flush()
  isUp = false
  fail(2)
  evidence.forget()
  isUp = true
  await evidence.flush()
  expect(streaks()).toEqual([2])
  evidence.note('success')
  await evidence.flush()
  expect(streaks()).toEqual([2, 0])
})

it('takes nothing back of an epoch that is over', async () => {
  fail(2)
  await evidence.flush()
  evidence.clear()
  evidence.note('success')
  await evidence.flush()
  expect(streaks()).toEqual([2])
})

it('reports once more what was refused for its epoch, and no more than that', async () => {
  answer = () => 'refused'
  fail(2)
  await evidence.flush()
  expect(streaks()).toEqual([2, 2])
})

it('takes back later what may or may not have been taken back', async () => {
  fail(2)
  await evidence.flush()
  answer = () => 'unknown'
  evidence.note('success')
  await evidence.flush()
  answer = () => 'taken'
  evidence.note('success')
  await evidence.flush()
  expect(streaks()).toEqual([2, 0, 0])
})

it('ends a flush although failures go on', async () => {
  answer = async (): Promise<Delivery> => {
    fail()
    await sleep(1)
    return 'taken'
  }
  fail(THRESHOLD)
  await evidence.flush()
  expect(reports.length).toBeLessThan(10)
  isUp = false
})
