/** What the machine asks of the rule that opens it, whatever the rule. */
import { LocalCircuit } from '../../../lib/circuit/local-circuit.js'
import type { Opening } from '../../../lib/circuit/opening/opening.js'
import type { OpeningCause } from '../../../lib/circuit/opening/terms.js'
import type { Admission, CircuitState, Outcome, Permit } from '../../../lib/circuit/types.js'

const RULES = { threshold: 5, ttl: 10, permits: 1, probeTimeout: 60 }

/** Opens when the spec says so, and records what it was asked. */
class Dictated implements Opening {
  readonly failureCount = 0
  needsSuccesses = true
  opens: OpeningCause | undefined
  readonly asked: (readonly [Outcome, number])[] = []
  readonly resets: CircuitState[] = []

  success(now: number): OpeningCause | undefined {
    this.asked.push(['success', now])
    return this.opens
  }

  failure(now: number): OpeningCause | undefined {
    this.asked.push(['failure', now])
    return this.opens
  }

  reset(state: CircuitState): void {
    this.resets.push(state)
  }
}

let time: number
let rule: Dictated
let circuit: LocalCircuit

beforeEach(() => {
  time = 7
  rule = new Dictated()
  circuit = new LocalCircuit(RULES, () => time, rule)
})

function end(outcome: Outcome): boolean {
  return circuit.record(permitted(circuit.admit()), outcome)
}

function permitted(admission: Admission): Permit {
  if (!admission.admitted) throw new Error('A permit was expected')
  return admission
}

test('it is asked about successes and failures, each with the time', () => {
  end('success')
  time = 8
  end('failure')
  expect(rule.asked).toEqual([
    ['success', 7],
    ['failure', 8],
  ])
  expect(circuit.state).toBe('closed')
})

test('it is asked about no ignored result, and about none of an epoch that is over', () => {
  const late = permitted(circuit.admit())
  end('ignored')
  expect(rule.asked).toEqual([])
  circuit.open(time)
  circuit.record(late, 'failure')
  expect(rule.asked).toEqual([])
})

test.each(['success', 'failure'] as const)('a %s may open the circuit', (outcome) => {
  rule.opens = 'streak'
  end(outcome)
  expect(circuit.state).toBe('opened')
  expect(circuit.retryAfter).toBe(10)
  expect(circuit.opening).toEqual({ cause: 'streak', round: 1 })
})

test('a rule that needs no successes is not asked about them', () => {
  rule.needsSuccesses = false
  rule.opens = 'streak'
  expect(end('success')).toBe(true)
  expect(rule.asked).toEqual([])
})

test('probes are decided without it, and each epoch starts it anew', () => {
  circuit.open(time)
  time += 11
  end('failure')
  time += 11
  end('success')
  expect(rule.asked).toEqual([])
  expect(rule.resets).toEqual(['opened', 'half-opened', 'opened', 'half-opened', 'closed'])
})
