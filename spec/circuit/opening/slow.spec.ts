/** Compares the attempts in flight with a list of all that started, in random sequences. */
import { AttemptsInFlight, type SlowCounts } from '../../../lib/circuit/opening/slow.js'
import type { Outcome, Permit } from '../../../lib/circuit/types.js'
import { numbersFrom } from '../../support/numbers.js'

const RUNS = Number(process.env.RUNS ?? 300)
const STEPS = 200
const SLOW_AFTER = 2

interface Tracked {
  /** The given permit's epoch, by which a count names its attempt. */
  readonly number: number
  readonly permit: Permit
  readonly startedAt: number
  isInFlight: boolean
  isShared: boolean
  isCounted: boolean
}

const NOBODY: SlowCounts = { ended: () => undefined, slow: () => undefined }

/** What was counted: which attempt, with which outcome, and whether as slow. */
type Counted = readonly [number: number, outcome: Outcome, isSlow: boolean]

/** Attempts in flight, beside the list of them. */
class Both {
  now = 100
  readonly found: unknown[] = []
  readonly expected: unknown[] = []
  readonly #all: Tracked[] = []
  /** How far ahead of the clock is what is known of it without reading it. */
  ahead: () => number = () => 0
  readonly #inFlight = new AttemptsInFlight(
    { slowAfter: SLOW_AFTER, now: () => this.now, latest: () => this.now + this.ahead() },
    {
      ended: ({ epoch }, outcome, reason) =>
        this.found.push([epoch, outcome, reason?.slow === true] satisfies Counted),
      slow: ({ epoch }, reason) =>
        this.found.push([epoch, 'failure', reason.slow === true] satisfies Counted),
    },
  )

  start(): void {
    const number = this.#all.length
    const permit = this.#inFlight.start(permitOf(number))
    this.#track(number, permit)
  }

  get isEmpty(): readonly [found: boolean, expected: boolean] {
    const isEmpty = !this.#all.some((tracked) => tracked.isInFlight || tracked.isShared)
    return [this.#inFlight.isEmpty, isEmpty]
  }

  restart(which: number): void {
    const tracked = this.#any(which)
    const permit = this.#inFlight.restart(tracked.permit)
    if (tracked.isCounted) return this.#expectSame(permit, tracked)
    tracked.isInFlight = false
    tracked.isShared = false
    this.#track(tracked.number, permit)
  }

  share(which: number): void {
    const tracked = this.#any(which)
    this.#inFlight.share(tracked.permit)
    tracked.isShared ||= tracked.isInFlight
    tracked.isInFlight = false
  }

  end(which: number, outcome: Outcome): void {
    const tracked = this.#any(which)
    const wasInFlight = tracked.isInFlight
    tracked.isInFlight = false
    tracked.isShared = false
    this.#expectSlow()
    const isSlow = this.#isSlow(tracked) && (wasInFlight || outcome !== 'ignored')
    if (!tracked.isCounted) this.#expect(tracked, isSlow ? 'failure' : outcome, isSlow)
    else this.#expect(tracked, 'ignored', false)
    this.found.push(this.#inFlight.end(tracked.permit, outcome, undefined, 0))
    this.expected.push(tracked.isCounted || isSlow)
  }

  countSlow(): void {
    this.#expectSlow()
    this.#inFlight.countSlow()
  }

  #track(number: number, permit: Permit): void {
    const startedAt = this.now
    this.#all.push({
      number,
      permit,
      startedAt,
      isInFlight: true,
      isShared: false,
      isCounted: false,
    })
  }

  /** An attempt that may have ended already: if one ends twice, that must not remove another one. */
  #any(which: number): Tracked {
    if (this.#all.length === 0) this.start()
    return this.#all[Math.floor(which * this.#all.length)] as Tracked
  }

  /** Its slowness was counted, so its end counts no more. */
  #expectSame(permit: Permit, tracked: Tracked): void {
    this.found.push(permit)
    this.expected.push(tracked.permit)
  }

  #expectSlow(): void {
    for (const tracked of this.#all) {
      if (!tracked.isInFlight || !this.#isSlow(tracked)) continue
      tracked.isInFlight = false
      tracked.isCounted = true
      this.#expect(tracked, 'failure', true)
    }
  }

  #expect({ number }: Tracked, outcome: Outcome, isSlow: boolean): void {
    this.expected.push([number, outcome, isSlow] satisfies Counted)
  }

  #isSlow({ startedAt }: Tracked): boolean {
    return this.now > startedAt + SLOW_AFTER
  }
}

function permitOf(number: number): Permit {
  return { admitted: true, epoch: number, grantedAt: 3, probe: number % 2 === 1 }
}

const OUTCOMES = ['success', 'failure', 'ignored'] as const

function step(both: Both, next: () => number): void {
  both.now += next() < 0.5 ? 0 : next() * SLOW_AFTER
  const what = next()
  if (what < 0.45) both.start()
  else if (what < 0.5) both.restart(next())
  else if (what < 0.55) both.share(next())
  else if (what < 0.8) both.end(next(), OUTCOMES[Math.floor(next() * 3)] ?? 'success')
  else both.countSlow()
}

it('counts each slow attempt once, in the order of their start, however they end', () => {
  let slow = 0
  for (let seed = 0; seed < RUNS; seed += 1) {
    const both = new Both()
    const next = numbersFrom(seed)
    both.ahead = () => (next() < 0.1 ? Infinity : next() * SLOW_AFTER)
    for (let count = 0; count < STEPS; count += 1) {
      step(both, next)
      const [found, expected] = both.isEmpty
      expect(found).toBe(expected)
    }
    expect(both.found).toEqual(both.expected)
    slow += both.found.filter((it) => Array.isArray(it) && it[2]).length
  }
  expect(slow).toBeGreaterThan(10 * RUNS)
})

it('starts with a permit that equals the given one', () => {
  const rule = { slowAfter: SLOW_AFTER, now: () => 5 }
  const permit = new AttemptsInFlight(rule, NOBODY).start(permitOf(7))
  const { admitted, epoch, grantedAt, probe } = permit
  expect({ admitted, epoch, grantedAt, probe }).toEqual(permitOf(7))
})

it('reads the clock for the start alone, as long as nothing can be due', () => {
  const now = jest.fn(() => 5)
  const rule = { slowAfter: SLOW_AFTER, now, latest: () => 5 + SLOW_AFTER }
  const inFlight = new AttemptsInFlight(rule, NOBODY)
  inFlight.countSlow()
  expect(now).not.toHaveBeenCalled()
  const permit = inFlight.start(permitOf(1))
  inFlight.countSlow()
  inFlight.end(permit, 'success', undefined, 0)
  expect(now).toHaveBeenCalledTimes(1)
})
