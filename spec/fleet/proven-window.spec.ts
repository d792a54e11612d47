/** What a process may tell the fleet of its rate, after a gap in which it did not run or was cut off. */
import fc from 'fast-check'
import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import type { FailureRateTerms } from '../../lib/circuit/opening/terms.js'
import type { Outcome, Permit, Rules } from '../../lib/circuit/types.js'
import { ProvenWindow } from '../../lib/fleet/proven-window.js'

const RATE = { threshold: 0.5, window: 10, minimumRequests: 10 }
const RULES: Rules = {
  threshold: Infinity,
  failureRate: RATE,
  ttl: 30,
  permits: 1,
  probeTimeout: 60,
}

let now: number
let local: LocalCircuit
let window: ProvenWindow

function begin(rate: Partial<FailureRateTerms> = {}): void {
  const rules = { ...RULES, failureRate: { ...RATE, ...rate } }
  now = 100
  local = new LocalCircuit(rules, () => now)
  window = new ProvenWindow(local, rules)
}
beforeEach(() => begin())

const admitted = (): Permit => local.closedPermit as Permit

function end(permit: Permit, outcome: Outcome): void {
  window.note(permit, outcome, () => now)
  local.record(permit, outcome)
}

function seen(successes: number, failures: number): void {
  for (let left = successes; left > 0; left -= 1) end(admitted(), 'success')
  for (let left = failures; left > 0; left -= 1) end(admitted(), 'failure')
}

/** As the flow does it. */
function distrust(): void {
  local.renewPermit(now)
  window.distrust(now)
}

const reported = () => window.at(now)

it('is the whole window as long as there was no gap', () => {
  seen(6, 3)
  expect(reported()).toEqual({ requests: 9, failures: 3, rate: 1 / 3 })
})

it('begins anew after a gap, while the circuit goes on counting all', () => {
  seen(6, 3)
  distrust()
  expect(reported()).toEqual({ requests: 0, failures: 0 })
  seen(1, 2)
  expect(reported()).toEqual({ requests: 3, failures: 2 })
  expect(local.failureRate).toMatchObject({ requests: 12, failures: 5 })
})

it('is whole again once what is from before has left the window', () => {
  seen(6, 3)
  distrust()
  now += 5
  seen(1, 2)
  now += 6
  expect(reported()).toMatchObject({ requests: 3, failures: 2 })
  seen(1, 0)
  expect(reported()).toEqual({ requests: 4, failures: 2, rate: 0.5 })
})

it('misses nothing of a process that had counted nothing before, as in a slow start', () => {
  distrust()
  seen(0, 9)
  expect(reported()).toMatchObject({ requests: 9, failures: 9 })
})

it('of requests has nothing from before the gap, however long ago that was', () => {
  begin({ window: { requests: 20 }, minimumRequests: 20 })
  seen(0, 9)
  distrust()
  now += 3600
  expect(reported()).toEqual({ requests: 0, failures: 0 })
  seen(15, 0)
  expect(reported()).toEqual({ requests: 15, failures: 0 })
  seen(5, 0)
  expect(reported()).toMatchObject({ requests: 20, failures: 0 })
})

it('has no requests whose outcome was ignored', () => {
  distrust()
  seen(1, 1)
  end(admitted(), 'ignored')
  expect(reported()).toMatchObject({ requests: 2, failures: 1 })
})

it('leaves out requests that were under way in the gap, whenever they end', () => {
  const early = admitted()
  distrust()
  seen(3, 0)
  expect(reported()).toMatchObject({ requests: 3 })
  end(early, 'failure')
  expect(reported()).toEqual({ requests: 0, failures: 0 })
  seen(2, 1)
  expect(reported()).toEqual({ requests: 3, failures: 1 })
})

it('does not begin anew because of a request of an epoch that is over', () => {
  const early = admitted()
  local.open(now)
  local.close()
  distrust()
  seen(1, 2)
  end(early, 'failure')
  expect(reported()).toMatchObject({ requests: 3, failures: 2 })
})

it('of requests is not whole while one from before the gap is among them', () => {
  begin({ window: { requests: 5 }, minimumRequests: 5 })
  const early = admitted()
  seen(1, 0)
  distrust()
  seen(1, 0)
  end(early, 'failure')
  seen(4, 0)
  for (let looks = 0; looks < 2; looks += 1) expect(reported()).toMatchObject({ failures: 0 })
  seen(1, 0)
  expect(reported()).toMatchObject({ requests: 5, failures: 0 })
})

describe('a circuit that the process has opened by itself', () => {
  it('is reported with its requests', () => {
    seen(5, 5)
    expect(reported()).toMatchObject({ requests: 10, failures: 10, openedFor: 0 })
  })

  it('is not reported if only failures from before a gap opened it', () => {
    seen(4, 5)
    distrust()
    seen(0, 1)
    expect(local.state).toBe('opened')
    expect(reported()).toBeUndefined()
  })

  it('is reported with the requests since the gap if those suffice', () => {
    seen(20, 0)
    distrust()
    seen(0, 20)
    expect(local.state).toBe('opened')
    expect(reported()).toMatchObject({ requests: 20, failures: 20, openedFor: 0 })
    now += 20
    expect(reported()).toMatchObject({ requests: 20, failures: 20, openedFor: 20 })
  })

  it('is not reported after a gap', () => {
    seen(5, 5)
    distrust()
    expect(reported()).toBeUndefined()
  })

  it('is not reported after a further gap', () => {
    seen(20, 0)
    distrust()
    seen(0, 20)
    expect(reported()).toMatchObject({ requests: 20 })
    distrust()
    expect(reported()).toBeUndefined()
  })

  it('is whole again once the circuit is closed', () => {
    seen(5, 5)
    distrust()
    local.close()
    seen(2, 1)
    expect(reported()).toEqual({ requests: 3, failures: 1, rate: 1 / 3 })
  })
})

/** Whatever happens, no report has more requests or failures than came since the last gap. */
it('never tells of what may be the fault of this process', () => {
  const step = fc.oneof(
    fc.constant('admit' as const),
    fc.constantFrom('success' as const, 'failure' as const, 'ignored' as const),
    fc.constant('distrust' as const),
    fc.double({ min: 0, max: 12, noNaN: true }),
    fc.constantFrom('close' as const, 'open' as const),
  )
  const size = fc.constantFrom(10, { requests: 5 })
  fc.assert(
    fc.property(size, fc.array(step, { maxLength: 60 }), (length, steps) => {
      begin({ window: length, minimumRequests: 3 })
      let since = -Infinity
      let proven = { requests: 0, failures: 0 }
      const flying: Permit[] = []
      for (const what of steps) {
        if (typeof what === 'number') now += what
        else if (what === 'admit' && local.closedPermit) flying.push(local.closedPermit)
        else if (what === 'close') local.close()
        else if (what === 'open') local.open(now)
        else if (what === 'distrust') {
          distrust()
          since = now
          proven = { requests: 0, failures: 0 }
        } else if (what !== 'admit') {
          const permit = flying.shift()
          if (!permit) continue
          end(permit, what)
          if (permit.grantedAt < since || what === 'ignored') continue
          const failures = proven.failures + (what === 'failure' ? 1 : 0)
          proven = { requests: proven.requests + 1, failures }
        }
        const { requests = 0, failures = 0, openedFor } = reported() ?? {}
        expect(requests).toBeLessThanOrEqual(proven.requests)
        expect(failures).toBeLessThanOrEqual(openedFor === undefined ? proven.failures : requests)
      }
    }),
    { numRuns: 1000 },
  )
})
