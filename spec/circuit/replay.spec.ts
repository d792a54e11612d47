/**
 * Compares long random runs with the rules of the Python original: one request after the other, each with a random
 * answer.
 */
import { equal } from 'node:assert/strict'
import fc from 'fast-check'
import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import type { Outcome } from '../../lib/circuit/types.js'

type Answer = 'ok' | 'excluded' | 'error'
interface Step {
  readonly pause: number
  readonly answer: Answer
}

/** The original's rules, in the original's terms: an excluded error (a 4xx) is a success. */
class Original {
  count = 0
  openedAt: number | undefined
  readonly #threshold: number
  readonly #ttl: number

  constructor(threshold: number, ttl: number) {
    this.#threshold = threshold
    this.#ttl = ttl
  }

  /** False if the request is refused. */
  request(now: number, answer: Answer): boolean {
    const isOpened = this.openedAt !== undefined
    if (this.openedAt !== undefined && !(now > this.openedAt + this.#ttl)) return false
    if (answer !== 'error') {
      this.count = 0
      this.openedAt = undefined
    } else if (isOpened) this.openedAt = now
    else {
      this.count += 1
      if (this.count >= this.#threshold) this.openedAt = now
    }
    return true
  }
}

const OUTCOMES: Readonly<Record<Answer, Outcome>> = {
  ok: 'success',
  excluded: 'success',
  error: 'failure',
}

describe('a long sequential run', () => {
  it('ends as in the Python original', () => {
    const steps = fc.array(
      fc.record<Step>({
        pause: fc.constantFrom(0, 0.25, 1, 2, 4),
        answer: fc.constantFrom<Answer>('ok', 'excluded', 'error', 'error', 'error'),
      }),
      { minLength: 500, maxLength: 1500, size: 'max' },
    )
    const run = fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(1, 2, 3.5),
      steps,
      replay,
    )
    expect(() => fc.assert(run, { numRuns: 100 })).not.toThrow()
  })
})

function replay(threshold: number, ttl: number, steps: readonly Step[]): void {
  let now = 0
  const circuit = new LocalCircuit({ threshold, ttl, permits: 1, probeTimeout: 60 }, () => now)
  const original = new Original(threshold, ttl)
  for (const { pause, answer } of steps) {
    now += pause
    const admission = circuit.admit()
    if (admission.admitted) circuit.record(admission, OUTCOMES[answer])
    equal(admission.admitted, original.request(now, answer))
    equal(circuit.failureCount, original.count)
    equal(circuit.state === 'closed', original.openedAt === undefined)
  }
}
