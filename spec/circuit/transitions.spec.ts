import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import type { Outcome, Permit, Rules } from '../../lib/circuit/types.js'

const RULES: Rules = { threshold: 3, ttl: 10, permits: 1, probeTimeout: 60 }

/** A circuit with a clock that a spec sets, and a request in one word. */
function start(given: Partial<Rules> = {}) {
  let now = 1000
  const circuit = new LocalCircuit({ ...RULES, ...given }, () => now)
  const wait = (seconds: number): void => {
    now += seconds
  }
  const permit = (): Permit => {
    const admission = circuit.admit()
    if (!admission.admitted) throw new Error(`refused: ${admission.state}`)
    return admission
  }
  const request = (outcome: Outcome): boolean => circuit.record(permit(), outcome)
  const open = (): void => {
    while (circuit.state !== 'opened') request('failure')
  }
  return { circuit, wait, permit, request, open }
}

describe('a closed circuit', () => {
  it.each([
    ['success', 0],
    ['failure', 2],
    ['ignored', 1],
  ] as const)('that has counted 1 failure counts %s as %i', (outcome, failureCount) => {
    const { circuit, request } = start()
    request('failure')
    request(outcome)
    expect(circuit).toMatchObject({ state: 'closed', failureCount, retryAfter: 0 })
  })

  it('opens at the threshold, and not before', () => {
    const { circuit, request } = start()
    request('failure')
    request('failure')
    expect(circuit.state).toBe('closed')
    request('failure')
    expect(circuit).toMatchObject({ state: 'opened', failureCount: 3, retryAfter: 10 })
  })

  it('opens at the first failure with a threshold of 1', () => {
    const { circuit, request } = start({ threshold: 1 })
    request('failure')
    expect(circuit.state).toBe('opened')
  })

  it('never opens by failures that are not consecutive', () => {
    const { circuit, request } = start()
    for (let round = 0; round < 100; round += 1) {
      request('failure')
      request('failure')
      request('success')
    }
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 0 })
  })

  it('lets any number of requests through at once', () => {
    const { permit } = start()
    const permits = Array.from({ length: 100 }, permit)
    expect(permits.every(({ admitted }) => admitted)).toBe(true)
  })
})

describe('an opened circuit', () => {
  it.each([
    ['at once', 0, 'opened', 10],
    ['before its ttl', 4, 'opened', 6],
    ['at its ttl exactly', 10, 'opened', 0],
    ['after its ttl', 10.001, 'half-opened', 0],
    ['long after its ttl', 1e9, 'half-opened', 0],
  ] as const)('%s is read as it will be met', (_when, seconds, state, retryAfter) => {
    const { circuit, open, wait } = start()
    open()
    wait(seconds)
    expect(circuit.state).toBe(state)
    expect(circuit.retryAfter).toBeCloseTo(retryAfter)
    expect(circuit.admit().admitted).toBe(state === 'half-opened')
  })

  it('says in a refusal when to come back', () => {
    const { circuit, open, wait } = start()
    open()
    wait(2.5)
    expect(circuit.admit()).toEqual({ admitted: false, state: 'opened', retryAfter: 7.5 })
  })

  it.each(['success', 'failure', 'ignored'] as const)(
    'is neither moved nor prolonged by a late %s',
    (outcome) => {
      const { circuit, open, permit, wait } = start()
      const late = permit()
      open()
      wait(5)
      expect(circuit.record(late, outcome)).toBe(false)
      expect(circuit).toMatchObject({ state: 'opened', failureCount: 3, retryAfter: 5 })
    },
  )
})

describe('a circuit that was closed again within its ttl', () => {
  function startClosedAgain(given: Partial<Rules> = {}) {
    const started = start(given)
    started.open()
    started.wait(1)
    started.circuit.close()
    return started
  }

  it('refuses nothing, and has nobody wait', () => {
    const { circuit, permit } = startClosedAgain()
    expect(circuit).toMatchObject({ state: 'closed', retryAfter: 0, isReady: true })
    expect(permit().probe).toBe(false)
  })

  it('opens at its threshold, as if it had never opened', () => {
    const { circuit, request, wait } = startClosedAgain({ threshold: 2 })
    request('failure')
    expect(circuit.state).toBe('closed')
    wait(2)
    request('failure')
    expect(circuit).toMatchObject({ state: 'opened', retryAfter: 10 })
  })
})

describe('a half-opened circuit', () => {
  function startHalfOpened(given: Partial<Rules> = {}) {
    const started = start(given)
    const late = started.permit()
    started.open()
    started.wait(11)
    return { ...started, late }
  }

  it.each([
    ['success', 'closed', 0, 0],
    ['failure', 'opened', 3, 10],
    ['ignored', 'half-opened', 3, 0],
  ] as const)('after a probe with %s is %s', (outcome, state, failureCount, retryAfter) => {
    const { circuit, request } = startHalfOpened()
    expect(request(outcome)).toBe(true)
    expect(circuit).toMatchObject({ state, failureCount, retryAfter })
  })

  it('lets one probe through, and refuses everybody else until it ends', () => {
    const { circuit, permit } = startHalfOpened()
    permit()
    const refusal = { admitted: false, state: 'half-opened', retryAfter: 0 }
    expect(circuit.admit()).toEqual(refusal)
    expect(circuit.admit()).toEqual(refusal)
  })

  it('opens for a full ttl after a failed probe, counted from its end', () => {
    const { circuit, permit, wait } = startHalfOpened()
    const probe = permit()
    wait(7)
    circuit.record(probe, 'failure')
    expect(circuit.retryAfter).toBe(10)
  })

  it('hands the permit of an ignored probe to the next request', () => {
    const { circuit, permit, request } = startHalfOpened()
    request('ignored')
    permit()
    expect(circuit.admit().admitted).toBe(false)
  })

  it.each(['success', 'failure', 'ignored'] as const)(
    'is not moved by a late %s, and gets no permit back from it',
    (outcome) => {
      const { circuit, late, permit } = startHalfOpened()
      permit()
      expect(circuit.record(late, outcome)).toBe(false)
      expect(circuit.state).toBe('half-opened')
      expect(circuit.admit().admitted).toBe(false)
    },
  )

  it('counts an outcome only once', () => {
    const { circuit, permit } = startHalfOpened()
    const probe = permit()
    circuit.record(probe, 'ignored')
    permit()
    expect(circuit.record(probe, 'success')).toBe(false)
    expect(circuit.state).toBe('half-opened')
  })

  it('lets as many probes through as it has permits; the first answer decides', () => {
    const { circuit, permit } = startHalfOpened({ permits: 3 })
    const [first, second, third] = [permit(), permit(), permit()]
    expect(circuit.admit().admitted).toBe(false)
    circuit.record(second, 'success')
    expect(circuit.state).toBe('closed')
    expect([first, third].map((late) => circuit.record(late, 'failure'))).toEqual([false, false])
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 0 })
  })

  it('counts the probes of the round before among its permits, for as long as they are in flight', () => {
    const { circuit, permit, wait } = startHalfOpened({ permits: 2 })
    const [failed, silent] = [permit(), permit()]
    circuit.record(failed, 'failure')
    wait(10.001)
    const next = permit()
    expect(circuit.admit()).toMatchObject({ admitted: false, state: 'half-opened' })
    circuit.record(next, 'failure')
    wait(10.001)
    expect(circuit.record(silent, 'success')).toBe(false)
    expect([permit(), permit()]).toMatchObject([{ admitted: true }, { admitted: true }])
    expect(circuit.admit().admitted).toBe(false)
  })

  it.each(['success', 'failure', 'ignored'] as const)(
    'counts a probe in flight once, whatever follows, and holds its permit until it ends with %s',
    (outcome) => {
      const { circuit, permit } = startHalfOpened({ probes: { needed: 1, of: 3 } })
      const slow = permit()
      expect([circuit.recordSlow(slow), circuit.recordSlow(slow)]).toEqual([true, false])
      expect(circuit.admit().admitted).toBe(false)
      expect(circuit.record(slow, outcome)).toBe(false)
      expect(circuit.state).toBe('half-opened')
      circuit.record(permit(), 'failure')
      expect(circuit.state).toBe('half-opened')
      circuit.record(permit(), 'failure')
      expect(circuit.state).toBe('opened')
    },
  )

  it('hands on the permit of a probe that does not end within probeTimeout', () => {
    const { circuit, permit, wait } = startHalfOpened()
    const silent = permit()
    wait(60)
    expect(circuit.admit().admitted).toBe(false)
    wait(0.001)
    const next = permit()
    expect(circuit.record(silent, 'success')).toBe(false)
    expect(circuit.record(next, 'success')).toBe(true)
    expect(circuit.state).toBe('closed')
  })

  it('still counts a probe that took longer, if nobody has taken its permit', () => {
    const { circuit, permit, wait } = startHalfOpened()
    const slow = permit()
    wait(1000)
    expect(circuit.record(slow, 'success')).toBe(true)
  })

  it('that closed again counts no result of the outage, nor of the time before it', () => {
    const { circuit, late, permit, request } = startHalfOpened({ permits: 2 })
    const other = permit()
    request('success')
    for (const permitted of [late, other]) expect(circuit.record(permitted, 'failure')).toBe(false)
    expect(circuit.failureCount).toBe(0)
  })
})

describe('a clock that replaces another', () => {
  it('starts the ttl anew if it is behind', () => {
    const { circuit, open, wait } = start()
    open()
    wait(-900)
    expect(circuit).toMatchObject({ state: 'opened', retryAfter: 10 })
    wait(10.001)
    expect(circuit).toMatchObject({ state: 'half-opened', retryAfter: 0 })
  })

  it('leaves a circuit closed that never opened, however young it is', () => {
    const { circuit, wait } = start()
    wait(-999)
    expect(circuit.admit().admitted).toBe(true)
    expect(circuit).toMatchObject({ state: 'closed', retryAfter: 0, isReady: true })
  })
})
