/**
 * A process that stood still, and that something else tells before its pulse beats: a timer, or a result. What it
 * had seen before the gap must not reach the others.
 */
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import type { Machine, Outcome, Rules } from '../../../lib/circuit/types.js'
import type { Evidence } from '../../../lib/fleet/index.js'
import { HOLD } from '../../../lib/fleet/flow/reporting.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { PATIENT } from '../../storage/subjects.js'
import { Recording } from './recording.js'

/** Seconds. Longer than what the pulse allows for. */
const GAP = 2.5
const MS_PER_SECOND = 1000
/** Lets everything settle that takes a storage in memory no time. */
const TURNS = 30
const STREAK: Rules = { threshold: 5, ttl: 30, permits: 1, probeTimeout: 60 }
const RATE: Rules = {
  ...STREAK,
  threshold: 10,
  sharedThreshold: Infinity,
  failureRate: { threshold: 0.5, window: 10, minimumRequests: 10 },
}

let now: number
let storage: Recording
let membership: Membership
let machine: Machine

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'queueMicrotask'] })
  now = 1000
})
afterEach(async () => {
  await membership.close()
  jest.useRealTimers()
})

async function begin(rules: Rules): Promise<void> {
  const clock = (): number => now
  storage = new Recording(new MemoryStorage({ ...PATIENT, now: clock }), PATIENT, clock)
  const publisher = { publish: () => undefined, hasListeners: () => false }
  membership = joinStorage(storage, { publisher, now: clock })
  machine = membership.machineFor('users', rules)
  await membership.init()
}

async function end(outcome: Outcome, count = 1): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    const permit = await machine.admit()
    if (!permit.admitted) throw new Error(`refused: ${permit.state}`)
    machine.record(permit, outcome)
  }
}

/** The process runs, and its timers fire. */
async function run(seconds: number): Promise<void> {
  now += seconds
  jest.advanceTimersByTime(seconds * MS_PER_SECOND)
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve()
}

/** Time passes, and no timer fires. */
function standStill(): void {
  now += GAP
  jest.setSystemTime(Date.now() + GAP * MS_PER_SECOND)
}

const reports = (): Evidence[] =>
  storage.entries.flatMap(({ question }) => (question.op === 'report' ? [question.evidence] : []))

describe('a streak that is held back', () => {
  beforeEach(async () => {
    await begin(STREAK)
    await end('failure', 4)
  })

  it('is reported when its time is over', async () => {
    await run(HOLD)
    expect(reports()).toMatchObject([{ failures: 4 }])
  })

  it('is not reported if the process stood still meanwhile', async () => {
    standStill()
    await run(HOLD)
    expect(reports()).toEqual([])
  })

  it('is reported by flush() at once', async () => {
    await membership.flush()
    expect(reports()).toMatchObject([{ failures: 4 }])
  })

  it('is not reported by a flush() that comes before all timers, such as at a signal', async () => {
    standStill()
    await membership.flush()
    expect(reports()).toEqual([])
  })
})

describe('a rate that a success completes', () => {
  const openings = (): Evidence[] =>
    reports().filter(({ window }) => window?.openedFor !== undefined)

  beforeEach(async () => {
    await begin(RATE)
    await end('failure', 9)
    await run(1)
  })

  it('is reported when it opens the circuit', async () => {
    await end('success')
    await run(0)
    expect(machine.decidedState).toBe('opened')
    expect(openings()).toMatchObject([{ window: { requests: 10, failures: 10 } }])
  })

  it('is not reported if the process stood still before', async () => {
    standStill()
    await end('success')
    await run(0)
    expect(machine.decidedState).toBe('opened')
    expect(openings()).toEqual([])
  })
})
