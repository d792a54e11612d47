/** What the storage is told of probes for which it has lent no permit, or none any more. */
import { Driven, opened, SETTINGS } from './driven.js'

const { lease: LEASE, probeTimeout: PROBE_TIMEOUT, ttl: TTL } = SETTINGS
const TOKEN = 'p:1'
const OWN = 'p:2'
const HALF = { version: 2, epoch: 2, state: 'half-opened' } as const

/** A process whose circuit is due. */
function due(): Driven {
  const process = new Driven()
  process.push(opened(1))
  process.now += TTL + 1
  return process
}

/** One that has sent a probe under a permit. */
function probing(): Driven {
  const process = due()
  process.take({ on: 'wanted', token: TOKEN })
  process.answer('acquire', HALF)
  const lease = { token: TOKEN, grantedAt: process.now, isTaken: true }
  process.take({ on: 'admitted', local: 'half-opened', lease })
  return process
}

/** One that has lost the storage, and has sent a probe by itself. */
function alone(): Driven {
  const process = due()
  process.take({ on: 'lost' })
  process.take({ on: 'admitted', local: 'half-opened', own: OWN })
  return process
}

/** One whose own circuit has opened, and which has sent a probe since. */
function openedByItself(): Driven {
  const process = new Driven()
  const failure = { on: 'ended', outcome: 'failure', grantedAt: process.now } as const
  process.take({ ...failure, local: 'opened' })
  process.now += TTL + 1
  process.take({ on: 'admitted', local: 'half-opened', own: OWN })
  return process
}

function leave(process: Driven): void {
  const end = { token: OWN, outcome: 'ignored', counted: false } as const
  process.take({ on: 'settled', ...end, local: process.state.local })
}

const renewed = (process: Driven) => process.asked('renew').map(({ command }) => command.token)
const settled = (process: Driven) => process.asked('settle').map(({ command }) => command.token)

describe('a probe that was sent alone', () => {
  it('is told to the storage as soon as the process follows the fleet, for as long as it runs', () => {
    const process = alone()
    expect(renewed(process)).toEqual([])
    process.read()
    expect(renewed(process)).toEqual([OWN])
    expect(process.all('start').at(-1)).toMatchObject({ timer: OWN, seconds: LEASE / 3 })
    process.answer('renew', { granted: false })
    process.take({ on: 'renewalDue', token: OWN })
    expect(renewed(process)).toEqual([OWN, OWN])
    leave(process)
    expect(process.all('stop')).toEqual([{ do: 'stop', timer: OWN }])
    expect(process.asked('settle')).toMatchObject([{ command: { token: OWN, outcome: 'ignored' } }])
    expect(process.take({ on: 'renewalDue', token: OWN })).toEqual([])
  })

  it('is told again after each loss', () => {
    const process = alone()
    process.read()
    process.take({ on: 'lost' })
    process.read()
    expect(renewed(process)).toEqual([OWN, OWN])
  })

  it('is told for no longer than a probe may take', () => {
    const process = alone()
    process.now += PROBE_TIMEOUT - 1
    process.read()
    expect(process.asked('renew').map(({ command }) => command.lease)).toEqual([1])
    process.now += 1
    expect(process.take({ on: 'renewalDue', token: OWN })).toEqual([])
  })

  it('is not told if the fleet has closed the circuit meanwhile, nor in a later outage', () => {
    const process = alone()
    process.read({ version: 3, epoch: 3, state: 'closed' })
    expect(process.state.probes.leases.size).toBe(0)
    process.push(opened(4))
    leave(process)
    expect([renewed(process), settled(process)]).toEqual([[], []])
  })

  it('is not told if it ends before the storage is found', () => {
    const process = alone()
    leave(process)
    process.read()
    expect([renewed(process), settled(process)]).toEqual([[], []])
  })

  it('moves nothing of the fleet when it ends', () => {
    const process = alone()
    process.read()
    const { view, local } = process.state
    leave(process)
    expect(process.state).toMatchObject({ view, local })
  })
})

describe('a permit that the process did not wait for', () => {
  const late = (process: Driven, granted: boolean) =>
    process.take({
      on: 'late',
      to: { op: 'acquire', token: TOKEN },
      answer: { ...process.answered, ...HALF, granted },
    })

  /** The request is sent without it. */
  function sent(): Driven {
    const process = due()
    process.take({ on: 'wanted', token: TOKEN })
    process.take({ on: 'lost' })
    process.fail('acquire')
    process.take({ on: 'admitted', local: 'half-opened', own: TOKEN })
    return process
  }

  it.each([true, false])('belongs to its probe, if it is granted late: %s', (granted) => {
    const process = sent()
    late(process, granted)
    process.read({ ...HALF })
    expect(renewed(process)).toEqual([TOKEN])
    expect(settled(process)).toEqual([])
  })

  it('belongs to its probe, if it is granted in time but after a loss', () => {
    const process = due()
    process.take({ on: 'wanted', token: TOKEN })
    process.take({ on: 'lost' })
    process.answer('acquire', HALF)
    process.take({ on: 'admitted', local: 'half-opened', own: TOKEN })
    process.read({ ...HALF })
    expect(renewed(process)).toEqual([TOKEN])
    expect(settled(process)).toEqual([])
  })

  it('goes back once its probe has ended, although the storage was not found in between', () => {
    const process = sent()
    late(process, true)
    const end = { token: TOKEN, outcome: 'ignored', counted: false } as const
    process.take({ on: 'settled', ...end, local: 'half-opened' })
    // A full Redis answers commands that change nothing, and would seem to accept writes.
    expect(settled(process)).toEqual([])
    process.read({ ...HALF })
    expect(settled(process)).toEqual([TOKEN])
    expect(renewed(process)).toEqual([])
  })

  it('is told of at once if the process follows the fleet again by then', () => {
    const process = due()
    process.take({ on: 'wanted', token: TOKEN })
    process.fail('acquire')
    process.take({ on: 'admitted', local: 'half-opened', own: TOKEN })
    expect(renewed(process)).toEqual([TOKEN])
  })
})

describe('a probe of a process whose own circuit has opened', () => {
  it('costs no command while the circuit is closed for the fleet', () => {
    const process = openedByItself()
    leave(process)
    expect([renewed(process), settled(process)]).toEqual([[], []])
    expect(process.all('start').map(({ timer }) => timer)).not.toContain(OWN)
  })

  it("is told to the storage once the fleet's circuit opens", () => {
    const process = openedByItself()
    process.push(opened(2))
    expect(renewed(process)).toEqual([OWN])
    process.push({ ...HALF, version: 3, epoch: 3 })
    expect(renewed(process)).toEqual([OWN])
  })

  it('is an ordinary request once it has closed this circuit', () => {
    const process = openedByItself()
    const { now: grantedAt } = process
    process.take({ on: 'ended', outcome: 'success', grantedAt, local: 'closed' })
    expect(process.state.probes.leases.size).toBe(0)
  })
})

describe('a probe under a permit', () => {
  it('is told at once when the storage is found, which may have ended its lease', () => {
    const process = probing()
    process.take({ on: 'lost' })
    process.now += LEASE + 1
    process.read()
    expect(renewed(process)).toEqual([TOKEN])
  })

  it('is not told of while the process is alone', () => {
    const process = probing()
    process.take({ on: 'lost' })
    process.take({ on: 'renewalDue', token: TOKEN })
    expect(renewed(process)).toEqual([])
    const timers = process.all('start').length
    process.read()
    expect(renewed(process)).toEqual([TOKEN])
    expect(process.all('start')).toHaveLength(timers + 1)
  })

  it('is told at once if its lease was over before the process had its answer', () => {
    const process = due()
    process.take({ on: 'wanted', token: TOKEN })
    process.now += LEASE + 1
    process.answer('acquire', HALF)
    const lease = { token: TOKEN, grantedAt: process.now - LEASE - 1, isTaken: true }
    process.take({ on: 'admitted', local: 'half-opened', lease })
    expect(renewed(process)).toEqual([TOKEN])
  })

  it('is an ordinary request once the circuit has closed, and its end is told to nobody', () => {
    const process = probing()
    process.push({ version: 3, epoch: 3, state: 'closed' })
    expect(process.all('stop')).toEqual([{ do: 'stop', timer: TOKEN }])
    process.take({
      on: 'settled',
      token: TOKEN,
      outcome: 'success',
      counted: false,
      local: 'closed',
    })
    expect(settled(process)).toEqual([])
  })

  it('keeps its permit until the storage has confirmed that another probe has closed the circuit', () => {
    const process = probing()
    process.take({ on: 'admitted', local: 'half-opened', lease: leaseOf(OWN, process) })
    const end = { token: TOKEN, outcome: 'success', counted: true, local: 'closed' } as const
    process.take({ on: 'settled', ...end })
    expect([...process.state.probes.leases.keys()]).toEqual([OWN])
    process.take({ on: 'renewalDue', token: OWN })
    expect(renewed(process)).toEqual([])
    process.answer('settle', { ...HALF, granted: false })
    expect(renewed(process)).toEqual([OWN])
  })
})

function leaseOf(token: string, { now: grantedAt }: Driven) {
  return { token, grantedAt, isTaken: true }
}

describe('a renewal that the storage carries out after the end of its probe', () => {
  /** The probe ends while its renewal is on its way. */
  function ended(): Driven {
    const process = probing()
    process.take({ on: 'renewalDue', token: TOKEN })
    const end = { token: TOKEN, outcome: 'ignored', counted: true } as const
    process.take({ on: 'settled', ...end, local: 'half-opened' })
    return process
  }

  it('is taken back', () => {
    const process = ended()
    process.answer('settle', { ...HALF, version: 3 })
    process.answer('renew', { ...HALF, version: 4, granted: false })
    expect(settled(process)).toEqual([TOKEN, TOKEN])
  })

  it('needs nothing if it was carried out before, or if the circuit is closed', () => {
    const [before, closed] = [ended(), ended()]
    before.answer('renew', { ...HALF, version: 3, granted: true })
    closed.answer('renew', { version: 3, epoch: 3, state: 'closed', granted: false })
    for (const process of [before, closed]) expect(settled(process)).toEqual([TOKEN])
  })

  it('is taken back at once, if it is not answered after the storage was found again', () => {
    const process = ended()
    process.answer('settle', { ...HALF, version: 3 })
    process.fail('renew')
    expect(settled(process)).toEqual([TOKEN, TOKEN])
  })

  it('is taken back, if its answer comes too late', () => {
    const process = ended()
    process.answer('settle', { ...HALF, version: 3 })
    const [renewal] = process.asked('renew')
    if (!renewal) throw new Error('nothing was renewed')
    const answer = { ...process.answered, ...HALF, version: 4, granted: false }
    process.take({ on: 'late', to: renewal.command, answer })
    expect(settled(process)).toEqual([TOKEN, TOKEN])
  })

  it.each([
    ['after the end was confirmed', ['settle', 'lost', 'renew']],
    ['before the end was confirmed', ['lost', 'renew', 'settle']],
  ])('is taken back once the storage is found, if its answer was lost %s', (_when, order) => {
    const process = ended()
    for (const what of order) {
      if (what === 'lost') process.take({ on: 'lost' })
      else if (what === 'renew') process.fail('renew')
      else process.answer('settle', { ...HALF, version: 3 })
    }
    process.read()
    expect(settled(process)).toEqual([TOKEN, TOKEN])
    process.answer('settle', { ...HALF, version: 4, granted: false })
    expect(process.state.probes.unsettled.size).toBe(0)
  })

  it.each([
    ['and the storage is lost then', ['renew', 'lost', 'settle']],
    ['after the storage was lost', ['lost', 'renew', 'settle']],
  ])('leaves its result as it was, if neither is answered, %s', (_when, order) => {
    const process = probing()
    process.take({ on: 'renewalDue', token: TOKEN })
    const end = { token: TOKEN, outcome: 'failure', counted: true } as const
    process.take({ on: 'settled', ...end, local: 'opened' })
    for (const what of order) {
      if (what === 'lost') process.take({ on: 'lost' })
      else process.fail(what === 'renew' ? 'renew' : 'settle')
    }
    process.read()
    expect(process.asked('settle').map(({ command }) => command.outcome)).toEqual([
      'failure',
      'failure',
    ])
  })
})
