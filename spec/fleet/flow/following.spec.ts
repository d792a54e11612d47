/** Which decides: the fleet's newest snapshot, or what this process has seen itself. */
import { isClosed, known } from '../../../lib/fleet/flow/view.js'
import { FAR_FUTURE } from '../../../lib/storage/limits.js'
import { INITIAL_SNAPSHOT } from '../../../lib/storage/initial-snapshot.js'
import { Driven, opened, SETTINGS } from './driven.js'

const MICROSECONDS = 1e6

let process: Driven
beforeEach(() => {
  process = new Driven()
})

const moves = () => process.all('move').map(({ to }) => to)

/** The local circuit opens by this process's own failures, while it is alone. */
function openAlone(): void {
  process.take({ on: 'ended', outcome: 'failure', grantedAt: process.now, local: 'opened' })
}

describe('while the process follows the fleet', () => {
  it('a newer snapshot moves the local circuit, with its current age', () => {
    const effects = process.push({ ...opened(1), openedFor: 3 })
    expect(effects).toEqual([
      { do: 'watch' },
      { do: 'move', to: 'opened', since: 97, facts: { seed: 1 } },
      { do: 'publish', origin: 'shared' },
    ])
    expect(process.state).toMatchObject({ local: 'opened', view: { openedAt: 97 } })
  })

  it('the storage is told how old an opening is, without the time that its answer may have taken', () => {
    process.end('failure', SETTINGS.threshold)
    process.now += 0.4
    process.answer('report', { ...opened(1), openedFor: 0.1, granted: true })
    process.now += 1
    expect(known(process.state, process.now).openedFor).toBeCloseTo(1.1)
  })

  it('a transition by its own doing is published as local', () => {
    const snapshot = opened(1)
    const effects = process.take({ on: 'pushed', snapshot, isOwn: true })
    expect(effects.at(-1)).toEqual({ do: 'publish', origin: 'local' })
  })

  it.each(['closed', 'half-opened'] as const)('the local circuit moves to %s', (state) => {
    process.push(opened(1))
    process.push({ version: 2, epoch: 2, state })
    expect(moves()).toEqual(['opened', state])
    expect(process.all('watch')).toHaveLength(state === 'closed' ? 1 : 2)
  })

  it.each([
    ['as old', 5],
    ['older', 4],
    ['of no storage', 0],
  ])('a snapshot that is %s changes nothing', (_what, version) => {
    process.push(opened(5))
    const before = process.state
    expect(process.push({ ...INITIAL_SNAPSHOT, version, epoch: version })).toEqual([])
    expect(process.state).toBe(before)
  })

  it('a newer version of the same epoch is stored, and moves nothing', () => {
    process.push(opened(1))
    process.push({ ...opened(1), version: 2, heldFor: 4 })
    expect(moves()).toEqual(['opened'])
    expect(process.state.view).toMatchObject({ heldUntil: 104, snapshot: { version: 2 } })
  })

  it('a newer epoch of an outage reopens the circuit', () => {
    process.push({ ...opened(1), openedFor: 9 })
    process.push(opened(2))
    expect(process.all('move').map(({ since }) => since)).toEqual([91, 100])
  })

  it('a newer epoch of a closed circuit moves nothing, and keeps the failures of the process', () => {
    process.end('failure', SETTINGS.threshold - 1)
    process.push({ version: 7, epoch: 7 })
    expect(moves()).toEqual([])
    expect(process.state.evidence.streak).toBe(SETTINGS.threshold - 1)
  })

  it('a version of the far future is replaced by the next snapshot of the storage', () => {
    const version = (FAR_FUTURE + 10) * MICROSECONDS
    process.push(opened(version))
    process.push({ ...INITIAL_SNAPSHOT, version: 10 * MICROSECONDS })
    expect(process.state.view.snapshot.version).toBe(version)
    process.push({ ...INITIAL_SNAPSHOT, version: 10 * MICROSECONDS - 1 })
    expect(process.state.view.snapshot.version).toBe(10 * MICROSECONDS - 1)
    expect(process.state.local).toBe('closed')
  })

  it('a version of the far future is not replaced by a storage that knows nothing', () => {
    process.push(opened((FAR_FUTURE + 10) * MICROSECONDS))
    const before = process.state
    process.push(INITIAL_SNAPSHOT)
    expect(process.state).toBe(before)
  })

  it('a success resets the count of the fleet, and an ignored attempt does not', () => {
    process.push({ version: 1, failureCount: 3 })
    process.end('ignored')
    expect(process.state.view.snapshot.failureCount).toBe(3)
    process.end('success')
    expect(process.state.view.snapshot.failureCount).toBe(0)
  })

  it('the last failure is that of the fleet until the process has one of its own', () => {
    process.push({ ...opened(1), lastFailure: { status: 503 } })
    process.push({ ...INITIAL_SNAPSHOT, version: 2, epoch: 2 })
    expect(process.state.view.lastFailure).toEqual({ status: 503 })
    process.end('success')
    expect(process.state.view.lastFailure).toEqual({ status: 503 })
    process.end('failure')
    expect(process.state.view.lastFailure).toBeUndefined()
  })

  it('a circuit that is read is published as shared', () => {
    expect(process.read({ version: 1 })).toEqual([{ do: 'publish', origin: 'shared' }])
  })

  it('the known age of an outage grows, and ends when the local circuit closes', () => {
    process.push({ ...opened(1), openedFor: 2 })
    expect(known(process.state, 105)).toEqual({ ...opened(1), openedFor: 7 })
    expect(known(process.state, 97)).toEqual({ ...opened(1), openedFor: 0 })
    process.take({ on: 'admitted', local: 'closed' })
    expect(known(process.state, 105)).toMatchObject({ state: 'closed', epoch: 1 })
  })
})

it('a success makes no new state if the process is alone with a closed circuit', () => {
  process.take({ on: 'lost' })
  const before = process.state
  process.end('success')
  expect(process.state).toBe(before)
})

it('a circuit that the process opened alone is no outage of the fleet', () => {
  process.push({ version: 3, epoch: 3 })
  openAlone()
  expect(known(process.state, 200)).toEqual({ ...INITIAL_SNAPSHOT, version: 3, epoch: 3 })
})

describe('while the process is alone', () => {
  beforeEach(() => {
    process.push(opened(5))
    process.take({ on: 'lost' })
  })

  it('no snapshot of the storage moves the circuit', () => {
    const before = process.state
    process.push({ ...INITIAL_SNAPSHOT, version: 6, epoch: 6 })
    expect(process.state).toBe(before)
    expect(isClosed(process.state)).toBe(false)
  })

  it('an outage that it has overcome is not reported as known', () => {
    const { now: grantedAt } = process
    process.take({ on: 'ended', outcome: 'success', grantedAt, local: 'closed' })
    openAlone()
    expect(known(process.state, process.now)).toMatchObject({ state: 'closed', epoch: 5 })
  })

  it('an outage that its probes confirmed is reported with the age that the fleet knows', () => {
    process.now += 50
    openAlone()
    expect(known(process.state, process.now)).toMatchObject({ state: 'opened', openedFor: 50 })
  })
})

describe('coming back', () => {
  it('follows the fleet, and publishes that', () => {
    process.take({ on: 'lost' })
    process.now += 1
    expect(process.read({ ...opened(1), openedFor: 4 })).toEqual([
      { do: 'watch' },
      { do: 'move', to: 'opened', since: 97, facts: { seed: 1 } },
      { do: 'publish', origin: 'shared' },
    ])
    expect(process.state.isAlone).toBe(false)
  })

  it('leaves the local circuit alone if the fleet has no news', () => {
    process.take({ on: 'lost' })
    openAlone()
    process.read({ version: 3, epoch: 3 })
    expect(moves()).toEqual([])
    expect(process.state.local).toBe('opened')
    expect(isClosed(process.state)).toBe(true)
  })

  it('closes the local circuit if the fleet has closed since', () => {
    process.push(opened(1))
    process.take({ on: 'lost' })
    process.read({ ...INITIAL_SNAPSHOT, version: 2, epoch: 2 })
    expect(moves()).toEqual(['opened', 'closed'])
  })

  it('leaves the local circuit opened if the storage lost the outage', () => {
    process.push(opened(5))
    process.take({ on: 'lost' })
    process.read(INITIAL_SNAPSHOT)
    expect(moves()).toEqual(['opened'])
  })

  it('opens the local circuit if the fleet is stricter, even without news', () => {
    process.push(opened(5))
    process.take({ on: 'lost' })
    process.take({ on: 'ended', outcome: 'success', grantedAt: 100, local: 'closed' })
    process.read({ ...opened(5), openedFor: 8 })
    expect(process.all('move').at(-1)).toEqual({
      do: 'move',
      to: 'opened',
      since: 92,
      facts: { seed: 5 },
    })
  })

  it('keeps its own outage unless that of the fleet is newer', () => {
    process.push(opened(5))
    process.take({ on: 'lost' })
    process.now += 30
    process.read({ ...opened(5), openedFor: 30 })
    expect(moves()).toEqual(['opened'])
  })

  it('ignores answers to questions from before the last loss', () => {
    process.take({ on: 'lost' })
    const { losses } = process.state
    process.take({ on: 'lost' })
    const before = process.state
    process.take({ on: 'read', answer: opened(1), at: 100, losses })
    expect(process.state).toBe(before)
  })

  it('forgets results from before a loss was published, and trusts later requests', () => {
    process.take({ on: 'lost' })
    process.end('failure', SETTINGS.threshold)
    process.take({ on: 'distrusted' })
    process.end('failure', SETTINGS.threshold)
    process.now += 2
    process.read()
    expect(process.asked('report')).toEqual([])
    expect(process.state.trustedSince).toBe(102)
    expect(process.all('renewPermit').map(({ since }) => since)).toEqual([100, 102])
  })

  it('trusts the results of the next time alone', () => {
    process.take({ on: 'lost' })
    process.take({ on: 'distrusted' })
    process.read()
    process.take({ on: 'lost' })
    process.end('failure', SETTINGS.threshold)
    process.read()
    expect(process.asked('report')).toHaveLength(1)
  })

  it('keeps the decision of its own probe if the storage does not know it', () => {
    process.push({ ...opened(5), state: 'half-opened' })
    const lease = { token: 't', grantedAt: 100, isTaken: true }
    process.take({ on: 'admitted', local: 'half-opened', lease })
    process.take({ on: 'lost' })
    const end = { token: 't', outcome: 'failure', counted: true, local: 'opened' } as const
    process.take({ on: 'settled', ...end })
    process.read({ ...opened(5), state: 'half-opened' })
    expect(moves()).toEqual(['half-opened'])
    expect(process.state.local).toBe('opened')
  })

  it('forgets nothing after a gap if it was not alone', () => {
    process.take({ on: 'distrusted' })
    process.take({ on: 'lost' })
    process.end('failure', SETTINGS.threshold)
    process.read()
    expect(process.asked('report')).toHaveLength(1)
  })
})

it('is alone with a circuit that the storage refuses, and reads it now and then', () => {
  expect(process.take({ on: 'unusable' })).toEqual([{ do: 'watch' }])
  expect(process.state.isAlone).toBe(true)
  process.read({ version: 1 })
  expect(process.state.isAlone).toBe(false)
})

it('ignores every late answer except permits', () => {
  const before = process.state
  const commands = [
    { op: 'read' },
    { op: 'report', evidence: { failures: 1, age: 0 } },
    { op: 'renew', token: 't', lease: 1 },
    { op: 'settle', token: 't', outcome: 'success' },
  ] as const
  for (const to of commands) {
    expect(process.take({ on: 'late', to, answer: { ...opened(1), granted: true } })).toEqual([])
  }
  expect(process.state).toBe(before)
})

it('knows when it is initialized', () => {
  process.state = { ...process.state, isInitialized: false }
  process.take({ on: 'initialized' })
  expect(process.state.isInitialized).toBe(true)
})
