/** The probes of a process: permits asked for, lent, renewed and given back. */
import { mayCount } from '../../../lib/fleet/flow/leases.js'
import { isClosed, isHeld, known } from '../../../lib/fleet/flow/view.js'
import type { Outcome } from '../../../lib/circuit/types.js'
import { Driven, opened, SETTINGS } from './driven.js'

const { lease: LEASE, probeTimeout: PROBE_TIMEOUT, ttl: TTL } = SETTINGS
const TOKEN = 'p:1'
const HALF = { version: 2, epoch: 2, state: 'half-opened' } as const

/** A process whose circuit is due. */
function due(settings: Partial<typeof SETTINGS> = {}): Driven {
  const process = new Driven(settings)
  process.push(opened(1))
  process.now += TTL + 1
  return process
}

/** One that asks for a permit. */
function asking(settings?: Partial<typeof SETTINGS>): Driven {
  const process = due(settings)
  process.take({ on: 'wanted', token: TOKEN })
  return process
}

/** One that has got it, after a while. */
function probing(settings?: Partial<typeof SETTINGS>): Driven {
  const process = asking(settings)
  process.now += 0.05
  process.answer('acquire', { ...HALF, heldFor: LEASE })
  const grantedAt = process.now - 0.05
  const lease = { token: TOKEN, grantedAt, isTaken: true }
  process.take({ on: 'admitted', local: 'half-opened', lease })
  return process
}

function settle(process: Driven, outcome: Outcome, counted = true): void {
  const local = outcome === 'success' && counted ? 'closed' : 'half-opened'
  process.take({ on: 'settled', token: TOKEN, outcome, reason: { status: 503 }, counted, local })
}

const settled = (process: Driven) => process.asked('settle').map(({ command }) => command.outcome)

describe('a request that may be a probe', () => {
  it('asks with the deadline of permits, and sends what the process knows', () => {
    const process = asking()
    expect(process.asked('acquire')).toEqual([
      {
        do: 'ask',
        command: { op: 'acquire', token: TOKEN },
        deadline: SETTINGS.permitDeadline,
        known: { ...opened(1), openedFor: TTL + 1 },
        at: 111,
      },
    ])
  })

  it('keeps other requests from asking until the answer comes', () => {
    const process = due()
    expect(isHeld(process.state, process.now)).toBe(false)
    process.take({ on: 'wanted', token: TOKEN })
    expect(isHeld(process.state, process.now)).toBe(true)
    process.answer('acquire', { ...HALF, heldFor: 0 })
    expect(isHeld(process.state, process.now)).toBe(false)
  })

  it('gets a lease that starts before the question', () => {
    const process = asking()
    process.now += 0.05
    process.answer('acquire', HALF)
    expect(process.all('admit')).toEqual([{ do: 'admit', token: TOKEN, leasedAt: 111 }])
  })

  it('is admitted without a lease if the circuit closed in the meantime', () => {
    const process = asking()
    process.answer('acquire', { version: 2, epoch: 2, state: 'closed' })
    expect(process.all('admit')).toEqual([{ do: 'admit', token: TOKEN }])
    expect(process.all('move')).toMatchObject([{ to: 'opened' }, { to: 'closed' }])
  })

  it('is refused while another request is the probe', () => {
    const process = asking()
    process.answer('acquire', { ...HALF, heldFor: 4, granted: false })
    const refusal = { admitted: false, state: 'half-opened', retryAfter: 0 }
    expect(process.all('refuse')).toEqual([{ do: 'refuse', token: TOKEN, refusal }])
    expect(isHeld(process.state, 111 + 3.9)).toBe(true)
    expect(isHeld(process.state, 111 + 4)).toBe(false)
  })

  it.each([
    ['the known version', HALF.version, true],
    ['an older version', HALF.version - 1, false],
  ])('keeps others from asking if it is refused at %s, for as long', (_what, version, isLonger) => {
    const process = due()
    // A process that allows more probes has lent one of them, so that a permit is free for itself.
    process.push({ ...HALF, heldFor: 0 })
    process.take({ on: 'wanted', token: TOKEN })
    process.answer('acquire', { ...HALF, version, heldFor: 4, granted: false })
    expect(isHeld(process.state, 111 + 3.9)).toBe(isLonger)
    expect(isHeld(process.state, 111 + 4)).toBe(false)
    process.push({ ...HALF, version: 3, heldFor: 0 })
    expect(isHeld(process.state, 111)).toBe(false)
  })

  it('is refused while the storage reports the circuit as opened, as if its answer had taken no time', () => {
    const process = asking()
    process.now += 1
    process.answer('acquire', { ...opened(1), openedFor: 6, granted: false })
    const refusal = { admitted: false, state: 'opened', retryAfter: TTL - 6 }
    expect(process.all('refuse')).toEqual([{ do: 'refuse', token: TOKEN, refusal }])
    expect(process.all('move').at(-1)).toEqual({
      do: 'move',
      to: 'opened',
      since: 112 - 6,
      facts: { seed: 1 },
    })
    expect(process.state.local).toBe('opened')
  })

  it('never gets a retryAfter in the past', () => {
    const process = asking()
    process.answer('acquire', { ...opened(1), openedFor: TTL + 3, granted: false })
    expect(process.all('refuse')).toMatchObject([{ refusal: { retryAfter: 0 } }])
  })

  it('is sent without a permit if no answer comes, and the permit is given back once the storage is found', () => {
    const process = asking()
    process.take({ on: 'lost' })
    process.fail('acquire')
    expect(process.all('admit')).toEqual([{ do: 'admit', token: TOKEN }])
    expect(isHeld(process.state, process.now)).toBe(false)
    expect(settled(process)).toEqual([])
    process.read()
    expect(settled(process)).toEqual(['ignored'])
  })

  it('gives back a permit that comes late, and does not give back a refusal', () => {
    const [granted, refused] = [asking(), asking()]
    for (const process of [granted, refused]) {
      process.take({ on: 'lost' })
      process.fail('acquire')
      const to = { op: 'acquire', token: TOKEN } as const
      const answer = { ...process.answered, ...HALF, granted: process === granted }
      process.take({ on: 'late', to, answer })
    }
    expect(settled(granted)).toEqual(['ignored'])
    refused.read()
    expect(settled(refused)).toEqual([])
  })

  it('gives back a permit that is granted after another question lost the storage, unless it is sent', () => {
    const process = asking()
    process.take({ on: 'lost' })
    process.answer('acquire', HALF)
    expect(process.all('admit')).toEqual([{ do: 'admit', token: TOKEN }])
    expect(process.state.view.snapshot.version).toBe(1)
    process.take({ on: 'admitted', local: 'opened' })
    process.read()
    expect(settled(process)).toEqual(['ignored'])
  })

  it('gives nothing back if it is refused then', () => {
    const process = asking()
    process.take({ on: 'lost' })
    process.answer('acquire', { ...HALF, granted: false })
    expect(process.all('admit')).toEqual([{ do: 'admit', token: TOKEN }])
    process.read()
    expect(settled(process)).toEqual([])
  })

  it('moves only the local circuit while the process is alone', () => {
    const process = due()
    process.take({ on: 'lost' })
    expect(process.take({ on: 'admitted', local: 'half-opened' })).toEqual([])
    expect(process.state.local).toBe('half-opened')
  })

  it('gives back a permit that the local circuit cannot use', () => {
    const process = asking()
    process.answer('acquire', HALF)
    const lease = { token: TOKEN, grantedAt: 111, isTaken: false }
    process.take({ on: 'admitted', local: 'half-opened', lease })
    expect(settled(process)).toEqual(['ignored'])
    expect(process.state.probes.leases.size).toBe(0)
    expect(process.all('start')).toEqual([])
  })
})

describe('a lease', () => {
  it('lasts from before the question to its end, by the clock of the process', () => {
    const { state } = probing()
    expect(mayCount(state, TOKEN, 111 + LEASE)).toBe(true)
    expect(mayCount(state, TOKEN, 111 + LEASE + 0.001)).toBe(false)
    expect(mayCount(state, 'p:2', 111)).toBe(false)
  })

  it('is no longer than probeTimeout', () => {
    const { state } = probing({ probeTimeout: 2 })
    expect(mayCount(state, TOKEN, 111 + 2)).toBe(true)
    expect(mayCount(state, TOKEN, 111 + 2.001)).toBe(false)
  })

  it('is renewed three times per lease, each time from the moment of asking', () => {
    const process = probing()
    const timer = { do: 'start', timer: TOKEN, seconds: LEASE / 3 }
    const start = { ...timer, input: { on: 'renewalDue', token: TOKEN } }
    expect(process.all('start')).toEqual([start])
    process.now += LEASE / 3
    const askedAt = process.now
    process.take({ on: 'renewalDue', token: TOKEN })
    expect(process.all('start')).toEqual([start, start])
    expect(process.asked('renew')).toMatchObject([
      { command: { token: TOKEN, lease: LEASE }, deadline: SETTINGS.commandDeadline, at: askedAt },
    ])
    process.now += 0.2
    process.answer('renew', { ...HALF, version: 3 })
    expect(mayCount(process.state, TOKEN, askedAt + LEASE)).toBe(true)
    expect(mayCount(process.state, TOKEN, askedAt + LEASE + 0.001)).toBe(false)
    expect(process.all('stop')).toEqual([])
  })

  it('is renewed until probeTimeout is over, and not after that', () => {
    const process = probing()
    process.now = 111 + PROBE_TIMEOUT - 1
    process.take({ on: 'renewalDue', token: TOKEN })
    expect(process.asked('renew').map(({ command }) => command.lease)).toEqual([1])
    process.now = 111 + PROBE_TIMEOUT
    const effects = process.take({ on: 'renewalDue', token: TOKEN })
    expect(effects).toEqual([])
  })

  it('is over if another process has the permit, and is renewed all the same while the probe runs', () => {
    const process = probing()
    process.take({ on: 'renewalDue', token: TOKEN })
    process.answer('renew', { granted: false })
    expect(mayCount(process.state, TOKEN, process.now)).toBe(false)
    expect(process.all('stop')).toEqual([])
    process.take({ on: 'renewalDue', token: TOKEN })
    process.answer('renew', { granted: true })
    expect(mayCount(process.state, TOKEN, process.now)).toBe(false)
    settle(process, 'success', false)
    expect(settled(process)).toEqual(['ignored'])
  })

  it('keeps its end if the renewal is not answered', () => {
    const process = probing()
    process.now += 2
    process.take({ on: 'renewalDue', token: TOKEN })
    const before = process.state
    process.fail('renew')
    expect(process.state).toBe(before)
  })

  it('is not revived by a renewal that is answered after its end', () => {
    const process = probing()
    process.take({ on: 'renewalDue', token: TOKEN })
    settle(process, 'failure')
    process.answer('renew')
    expect(process.state.probes.leases.size).toBe(0)
    expect(process.take({ on: 'renewalDue', token: TOKEN })).toEqual([])
  })

  it('is uncertain after a gap, and its probe does not count', () => {
    const process = probing()
    process.take({ on: 'distrusted' })
    expect(mayCount(process.state, TOKEN, process.now)).toBe(false)
    settle(process, 'success', false)
    expect(settled(process)).toEqual(['ignored'])
  })

  it('stays uncertain after a gap, although the storage renews it', () => {
    const process = probing()
    process.take({ on: 'distrusted' })
    process.take({ on: 'renewalDue', token: TOKEN })
    process.answer('renew')
    expect(mayCount(process.state, TOKEN, process.now)).toBe(false)
  })

  it('does not limit a probe while the process is alone', () => {
    const process = probing()
    process.take({ on: 'lost' })
    expect(mayCount(process.state, TOKEN, 1e6)).toBe(true)
  })
})

describe('the end of a probe', () => {
  it('is sent with the reason of its failure, and stops the renewals', () => {
    const process = probing()
    settle(process, 'failure')
    expect(process.asked('settle')).toMatchObject([
      {
        command: { op: 'settle', token: TOKEN, outcome: 'failure', reason: { status: 503 } },
        deadline: SETTINGS.commandDeadline,
      },
    ])
    expect(process.all('stop')).toEqual([{ do: 'stop', timer: TOKEN }])
  })

  it('is presumed to move the fleet if it counted here', () => {
    const process = probing()
    settle(process, 'success')
    expect(process.state.view.snapshot.state).toBe('closed')
    expect(known(process.state, process.now)).toMatchObject({ state: 'closed', epoch: 2 })
  })

  it('is presumed to open the circuit of the fleet from this moment', () => {
    const process = probing()
    process.now += 3
    const end = { token: TOKEN, outcome: 'failure', counted: true, local: 'opened' } as const
    process.take({ on: 'settled', ...end })
    expect(known(process.state, process.now)).toMatchObject({ state: 'opened', openedFor: 0 })
  })

  it.each([
    ['success', 'closed'],
    ['failure', 'opened'],
  ] as const)(
    'is sent with what was known before its %s, so that a storage which lost the circuit counts it',
    (outcome, local) => {
      const process = probing()
      process.now += 3
      process.take({ on: 'settled', token: TOKEN, outcome, counted: true, local })
      expect(process.asked('settle').at(-1)?.known).toMatchObject({
        ...HALF,
        openedFor: expect.closeTo(3),
      })
    },
  )

  it('is presumed to change nothing if it came too late to count here', () => {
    const process = probing()
    const end = { token: TOKEN, outcome: 'success', counted: false, local: 'opened' } as const
    process.take({ on: 'settled', ...end })
    expect(process.state).toMatchObject({ local: 'opened', view: { snapshot: HALF } })
    expect(settled(process)).toEqual(['success'])
  })

  it('is presumed to change nothing if it decides nothing, although the storage has lost the outage', () => {
    const process = probing()
    process.take({ on: 'lost' })
    process.read({ version: 0, epoch: 0, state: 'closed' })
    const end = { token: TOKEN, outcome: 'success', counted: true, local: 'half-opened' } as const
    process.take({ on: 'settled', ...end })
    expect(process.state.view.snapshot.state).toBe('closed')
  })

  it('is sent again after each loss until the storage confirms it', () => {
    const process = probing()
    settle(process, 'success')
    for (const _ of [1, 2]) {
      process.take({ on: 'lost' })
      process.fail('settle')
      process.read()
    }
    expect(settled(process)).toEqual(['success', 'success', 'success'])
    process.answer('settle')
    expect(process.state.probes).toMatchObject({ settling: 0, unsettled: new Map() })
    process.take({ on: 'lost' })
    process.read()
    expect(settled(process)).toHaveLength(3)
  })

  it('is sent again with the reason, and with what the service asked for', () => {
    const process = probing()
    const result = { outcome: 'failure', reason: { status: 503 }, retryAfter: 120 } as const
    process.take({ on: 'settled', token: TOKEN, ...result, counted: true, local: 'opened' })
    process.take({ on: 'lost' })
    process.fail('settle')
    process.read()
    const end = { op: 'settle', token: TOKEN, ...result }
    expect(process.asked('settle').map(({ command }) => command)).toEqual([end, end])
  })

  it('changes nothing without a lease', () => {
    const process = due()
    const { probes, view } = process.state
    settle(process, 'success')
    expect(process.state).toMatchObject({ probes, view })
    expect(settled(process)).toEqual([])
  })
})

describe('a decision of this process', () => {
  const moves = (process: Driven) => process.all('move').map(({ to }) => to)

  /** Closed by its own probe, which the storage does not know yet. */
  function decided(): Driven {
    const process = probing()
    process.effects.length = 0
    settle(process, 'success')
    return process
  }

  it('stands until its answer comes, whatever else happened in the epoch that it ended', () => {
    const process = decided()
    process.push({ ...HALF, version: 3 })
    expect(process.state.view.snapshot.state).toBe('closed')
    process.answer('settle', { version: 4, epoch: 4, state: 'closed' })
    expect(moves(process)).toEqual([])
    process.push({ version: 5, epoch: 5, state: 'opened' })
    expect(moves(process)).toEqual(['opened'])
  })

  it('does not stand if the storage decides otherwise', () => {
    const process = decided()
    process.answer('settle', { ...HALF, version: 3 })
    expect(moves(process)).toEqual(['half-opened'])
  })

  it.each([
    ['at the version that is known', 2],
    ['at an older version, as after a failover', 1],
  ])('does not stand if the storage refuses it %s', (_what, version) => {
    const process = decided()
    process.answer('settle', { ...HALF, version, granted: false })
    expect(moves(process)).toEqual(['half-opened'])
    expect(isClosed(process.state)).toBe(false)
    expect(process.state.local).toBe('half-opened')
  })

  it('stands if a refusal of it comes late, after a newer epoch', () => {
    const process = decided()
    process.push({ version: 3, epoch: 3, state: 'opened' })
    process.answer('settle', { ...HALF, granted: false })
    expect(moves(process)).toEqual(['opened'])
  })

  it('does not keep the process from a newer epoch', () => {
    const process = decided()
    process.push({ version: 3, epoch: 3, state: 'opened' })
    expect(moves(process)).toEqual(['opened'])
  })

  it.each(['fail', 'lose'] as const)('is open again if its answer does not come: %s', (how) => {
    const process = decided()
    if (how === 'lose') process.take({ on: 'lost' })
    process.fail('settle')
    if (how === 'lose') process.read({ ...HALF, version: 3 })
    else process.push({ ...HALF, version: 3 })
    expect(moves(process)).toEqual(['half-opened'])
  })

  it('gives back a permit that is granted before the storage knows it', () => {
    const process = probing()
    process.take({ on: 'wanted', token: 'p:2' })
    settle(process, 'success')
    process.answer('acquire', { ...HALF, version: 3 })
    expect(process.all('admit').at(-1)).toEqual({ do: 'admit', token: 'p:2' })
    expect(
      process.asked('settle').map(({ command: { token, outcome } }) => [token, outcome]),
    ).toEqual([
      [TOKEN, 'success'],
      ['p:2', 'ignored'],
    ])
  })
})
