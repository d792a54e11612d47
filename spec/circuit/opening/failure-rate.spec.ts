/**
 * Compares the windows with a model in random sequences, and checks the mistakes of other breakers. RUNS sets the
 * number of sequences.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { openingBy } from '../../../lib/circuit/opening/by-terms.js'
import type { Opening } from '../../../lib/circuit/opening/opening.js'
import type { FailureRateReading, FailureRateTerms } from '../../../lib/circuit/opening/terms.js'
import { RateModel } from './rate-model.js'

const RUNS = Number(process.env['RUNS'] ?? 150)
/** A rate alone, without a streak. */
class Rate {
  readonly #opening: Opening

  constructor(terms: FailureRateTerms) {
    this.#opening = openingBy({ threshold: Infinity, failureRate: terms })
  }

  count(isFailure: boolean, now: number): boolean {
    const cause = isFailure ? this.#opening.failure(now) : this.#opening.success(now)
    if (cause) equal(cause, 'rate')
    return cause !== undefined
  }

  read(now: number): FailureRateReading | undefined {
    return this.#opening.rateAt?.(now)
  }

  reset(): void {
    this.#opening.reset('closed')
  }
}

const HALF: FailureRateTerms = { threshold: 0.5, window: 10, minimumRequests: 10 }

type Step =
  | { readonly kind: 'results'; readonly failures: readonly boolean[] }
  | { readonly kind: 'burst'; readonly requests: number; readonly failsEach: number }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'read' }
  | { readonly kind: 'reset' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('results' as const),
      failures: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      requests: fc.integer({ min: 50, max: 200 }),
      failsEach: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      // Up to the edges of buckets and of windows, a hair past them, and idle hours; and a clock that is set back.
      milliseconds: fc.oneof(
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom(1, 99, 100, 999, 1000, 9000, 9999, 10_000, 10_001, 3_600_000, 36_000_001),
        fc.constantFrom(-1, -100, -5000, -3_600_000),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'read' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
)

const rule: fc.Arbitrary<FailureRateTerms> = fc.record({
  threshold: fc.constantFrom(0.1, 0.29, 0.5, 0.55, 1 / 3, 0.995, 1),
  window: fc.oneof(
    fc.constantFrom(0.5, 1, 2.5, 10, 60),
    fc.record({ requests: fc.integer({ min: 1, max: 130 }) }),
  ),
  minimumRequests: fc.integer({ min: 1, max: 40 }),
})

/** The same steps for the window and for the model, compared after each. */
class Run {
  readonly #rate: Rate
  readonly #model: RateModel
  #now: number
  opened = 0

  constructor(given: FailureRateTerms, begin: number) {
    this.#rate = new Rate(given)
    this.#model = new RateModel(given)
    this.#now = begin
  }

  take(taken: Step): void {
    if (taken.kind === 'wait') this.#now += taken.milliseconds
    if (taken.kind === 'results') for (const isFailure of taken.failures) this.#count(isFailure)
    if (taken.kind === 'burst') this.#burst(taken.requests, taken.failsEach)
    if (taken.kind === 'read')
      deepEqual(this.#rate.read(this.#seconds), this.#model.read(this.#now))
    if (taken.kind === 'reset') this.#reset()
  }

  #burst(requests: number, failsEach: number): void {
    for (let index = 0; index < requests; index += 1) this.#count(index % failsEach === 0)
  }

  #count(isFailure: boolean): void {
    const isOpening = this.#rate.count(isFailure, this.#seconds)
    equal(isOpening, this.#model.count(isFailure, this.#now))
    // A circuit begins anew when it opens.
    if (isOpening) this.#reset()
    this.opened += Number(isOpening)
  }

  #reset(): void {
    this.#rate.reset()
    this.#model.reset()
  }

  get #seconds(): number {
    return this.#now / 1000
  }
}

describe('any sequence of results and of times', () => {
  it('gives the same counts as the list of all results, and opens at the same result', () => {
    let opened = 0
    // A clock may begin at any moment, also below 0.
    const begin = fc.constantFrom(-123_456, 0, 1, 5_000_000)
    fc.assert(
      fc.property(
        rule,
        begin,
        fc.array(step, { maxLength: 60, size: 'max' }),
        (given, at, steps) => {
          const run = new Run(given, at)
          for (const taken of steps) run.take(taken)
          opened += run.opened
        },
      ),
      { numRuns: RUNS },
    )
    // Sequences that never open anything would prove little.
    expect(opened).toBeGreaterThan(RUNS)
  })

  it('keeps nine tenths of a window of any length, and nothing from before it', () => {
    const window = fc.double({ min: 0.001, max: 3600, noNaN: true })
    const begin = fc.double({ min: 0, max: 1e7, noNaN: true })
    const pauses = fc.array(fc.double({ min: 0, max: 1.5, noNaN: true }), { maxLength: 100 })
    let compared = 0
    fc.assert(
      fc.property(window, begin, pauses, (seconds, at, parts) => {
        compared += compareWithTimes(seconds, at, parts)
      }),
      { numRuns: RUNS },
    )
    expect(compared).toBeGreaterThan(RUNS)
  })
})

/** @returns how often the window was compared with the times of all failures */
function compareWithTimes(window: number, begin: number, parts: readonly number[]): number {
  const rate = new Rate({ ...HALF, window })
  const times: number[] = []
  let now = begin
  for (const part of parts) {
    now += part * part * window
    rate.count(true, now)
    times.push(now)
    const within = (span: number) => times.filter((time) => now - time < span).length
    const failures = Number(rate.read(now)?.failures)
    const rounding = 1e-6 * (window + 1)
    ok(failures >= within(0.9 * window - rounding), `${failures}`)
    ok(failures <= within(window + rounding), `${failures}`)
  }
  return parts.length
}

/** Counts results until the circuit would open. @returns how many were counted when it did */
function feed(rate: Rate, results: string, at: (index: number) => number): number | undefined {
  const opening = results
    .split('')
    .findIndex((result, index) => rate.count(result === 'f', at(index)))
  return opening < 0 ? undefined : opening + 1
}

describe('the traps of windows', () => {
  it('forgets all of a window after an idle hour', () => {
    const rate = new Rate(HALF)
    feed(rate, 'fsfsfsfsss', () => 100)
    expect(rate.read(100)).toEqual({ requests: 10, failures: 4, rate: 0.4 })
    expect(rate.read(3700)).toEqual({ requests: 0, failures: 0, rate: 0 })
    expect(feed(rate, 'fffffffff', () => 3700)).toBeUndefined()
    expect(feed(rate, 'f', () => 3700)).toBe(1)
  })

  it('never opens by one failure a minute, with a minimum of ten in ten seconds', () => {
    expect(feed(new Rate(HALF), 'f'.repeat(500), (index) => index * 60)).toBeUndefined()
  })

  it('forgets what is too old also if it is only read', () => {
    const rate = new Rate(HALF)
    feed(rate, 'ffff', () => 100)
    expect(rate.read(109.9)?.failures).toBe(4)
    expect(rate.read(110)?.failures).toBe(0)
  })

  it('drops buckets one by one, after pauses of any length', () => {
    const rate = new Rate(HALF)
    feed(rate, 'ffff', (index) => 100 + index)
    expect([109, 110, 111.5, 112, 113].map((now) => rate.read(now)?.failures)).toEqual([
      4, 3, 2, 1, 0,
    ])
  })

  it('begins anew when the clock is set back, by an hour or by a second', () => {
    for (const back of [3600, 1]) {
      const rate = new Rate(HALF)
      feed(rate, 'fffffffff', () => 5000)
      expect(rate.read(5000 - back)?.requests).toBe(0)
      // One failure a minute stays one in a window, although the old time has not come again.
      expect(feed(rate, 'f'.repeat(50), (index) => 5000 - back + index * 60)).toBeUndefined()
      expect(rate.read(5000 - back + 49 * 60)?.failures).toBe(1)
    }
  })

  it('forgets all when the clock is set far ahead, and counts on from there', () => {
    const rate = new Rate(HALF)
    feed(rate, 'fffffffff', () => 10)
    expect(feed(rate, 'fffffffff', () => 1e9)).toBeUndefined()
    expect(rate.read(1e9)?.requests).toBe(9)
  })

  it.each([1e-12, 5e-324])(
    'ends if the clock shows more tenths of %d s than can be counted',
    (window) => {
      const rate = new Rate({ ...HALF, window })
      const hair = 2 ** -42
      for (let index = 0; index < 50; index += 1) rate.count(true, 1800 + index * hair)
      expect(rate.read(1800)?.requests).toBeLessThanOrEqual(50)
    },
  )

  it('keeps nothing after a reset: one failure does not open it again', () => {
    for (const window of [10, { requests: 20 }]) {
      const rate = new Rate({ ...HALF, window, minimumRequests: 5 })
      expect(feed(rate, 'fffff', () => 100)).toBe(5)
      rate.reset()
      expect(rate.read(100)).toEqual({ requests: 0, failures: 0, rate: 0 })
      expect(feed(rate, 'ffff', () => 100)).toBeUndefined()
    }
  })

  it.each([10, { requests: 50 }])('opens at the threshold itself, in a window of %j', (window) => {
    const at = () => 1
    expect(feed(new Rate({ ...HALF, window }), 'sssssfffff', at)).toBe(10)
    expect(feed(new Rate({ ...HALF, window, threshold: 1 }), 'f'.repeat(20), at)).toBe(10)
    const all = new Rate({ ...HALF, window, threshold: 1 })
    expect(feed(all, `s${'f'.repeat(40)}`, at)).toBeUndefined()
  })

  it('does not open below the minimum, and opens with the result that completes it, even a success', () => {
    expect(feed(new Rate(HALF), 'fffffffff', () => 1)).toBeUndefined()
    expect(feed(new Rate(HALF), 'fffffffffs', () => 1)).toBe(10)
    expect(feed(new Rate(HALF), 'ssssffffss', () => 1)).toBeUndefined()
  })

  it('opens with a success, if older successes have left the window', () => {
    const rate = new Rate(HALF)
    feed(rate, 's'.repeat(20), () => 100)
    expect(feed(rate, 'f'.repeat(15), () => 105)).toBeUndefined()
    expect(rate.count(false, 110)).toBe(true)
  })

  it('does not round: 49.5 % is below a half, and 0.55 is 55 of 100', () => {
    const at = () => 1
    const results = `${'s'.repeat(101)}${'f'.repeat(99)}`
    const rate = new Rate({ ...HALF, minimumRequests: 200 })
    expect(feed(rate, results, at)).toBeUndefined()
    for (const [threshold, failures, requests] of [
      [0.55, 55, 100],
      [0.29, 29, 100],
      [0.57, 57, 100],
      [0.1, 3, 30],
      [1 / 3, 7, 21],
    ] as const) {
      const exact = new Rate({ threshold, window: 10, minimumRequests: requests })
      const all = `${'s'.repeat(requests - failures)}${'f'.repeat(failures)}`
      expect(feed(exact, all, at)).toBe(requests)
    }
  })

  it('takes a window times its rate of nothing but failures to see a full outage', () => {
    const rate = new Rate(HALF)
    const results = `${'s'.repeat(10_000)}${'f'.repeat(10_000)}`
    const opening = Number(feed(rate, results, (index) => 100 + index / 1000))
    const seconds = (opening - 10_000) / 1000
    expect(seconds).toBeGreaterThan(4.4)
    expect(seconds).toBeLessThanOrEqual(5)
  })

  it('keeps the last requests for as long as none comes after them', () => {
    const rate = new Rate({ ...HALF, window: { requests: 10 } })
    feed(rate, 'ffff', () => 100)
    expect(rate.read(1e6)).toEqual({ requests: 4, failures: 4, rate: 1 })
    feed(rate, 's'.repeat(7), () => 1e6)
    expect(rate.read(1e6)).toEqual({ requests: 10, failures: 3, rate: 0.3 })
  })

  it('counts hundreds of thousands of requests in a bucket', () => {
    const rate = new Rate({ ...HALF, threshold: 1 })
    for (let index = 0; index < 300_000; index += 1) rate.count(index % 3 === 0, 1)
    expect(rate.read(1)).toMatchObject({ requests: 300_000, failures: 100_000 })
    expect(rate.read(11)).toMatchObject({ requests: 0, failures: 0 })
  })
})
