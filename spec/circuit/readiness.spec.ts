/** Who is released by `ready()`, and when, in random sequences of callers, requests, moves and time. */
import { equal, ok } from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { Readiness } from '../../lib/circuit/readiness.js'

const RUNS = Number(process.env.RUNS ?? 300)
/** Milliseconds for which a place is kept for a caller that was released. */
const PATIENCE = 100

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

/** Each `which` is a fraction: the part of the callers that come before the one that it means. */
type Step =
  | { readonly do: 'wait' | 'send' | 'close' }
  | { readonly do: 'abort'; readonly which: number }
  | { readonly do: 'open' | 'pass'; readonly milliseconds: number }

class Scene {
  now = 0
  readonly #waiting = new Set<AbortController>()
  /** From then on an opened circuit lets a probe through. */
  #dueAt = -Infinity
  #isClosed = true
  /** When somebody was released whose request has not come yet. */
  #releasedAt = -Infinity
  #isTooEarly = false
  readonly #readiness: Readiness

  constructor() {
    const retryAfter = (): number => Math.max(0, this.#dueAt - this.now) / 1000
    const isClosed = (): boolean => this.#isClosed
    this.#readiness = new Readiness({
      get isReady() {
        return isClosed() || retryAfter() === 0
      },
      get isOpenToAll() {
        return isClosed()
      },
      get retryAfter() {
        return isClosed() ? 0 : retryAfter()
      },
    })
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'wait') this.#wait()
    else if (step.do === 'abort') this.#abort(step.which)
    else if (step.do === 'pass') await this.#pass(step.milliseconds)
    else this.#move(step)
    await flushed()
    this.#check()
  }

  /** One millisecond at a time, so that each release is seen when it happens. */
  async #pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 1) {
      this.now += 1
      jest.advanceTimersByTime(1)
      await flushed()
      this.#check()
    }
  }

  #wait(): void {
    const caller = new AbortController()
    this.#waiting.add(caller)
    this.#readiness.wait(caller.signal).then(
      () => this.#released(caller),
      () => undefined,
    )
  }

  #released(caller: AbortController): void {
    this.#waiting.delete(caller)
    if (this.#isClosed) return
    this.#isTooEarly ||= this.now < this.#dueAt || this.now - this.#releasedAt < PATIENCE
    this.#releasedAt = this.now
  }

  #abort(which: number): void {
    const caller = [...this.#waiting][Math.floor(which * this.#waiting.size)]
    if (!caller) return
    this.#waiting.delete(caller)
    caller.abort()
  }

  /** Each of these makes the circuit look. A request that is sent as a probe is what a place is kept for. */
  #move(step: Exclude<Step, { do: 'wait' | 'abort' | 'pass' }>): void {
    this.#isClosed = step.do === 'close' || (this.#isClosed && step.do === 'send')
    if (step.do === 'open') this.#dueAt = this.now + step.milliseconds
    this.#releasedAt = -Infinity
    this.#readiness.look()
  }

  #check(): void {
    equal(this.#isTooEarly, false, 'a caller was released too early')
    if (this.#waiting.size === 0) return
    equal(this.#isClosed, false, 'a caller waits for a closed circuit')
    if (this.now < this.#dueAt) return
    // If a probe may be sent, somebody waits only while a place is kept, or until the timer fires.
    ok(this.now - Math.max(this.#releasedAt, this.#dueAt) < PATIENCE, 'a caller waits too long')
  }
}

/** Callers learn of their release a few turns of the promises later. */
async function flushed(): Promise<void> {
  for (let turns = 0; turns < 4; turns += 1) await Promise.resolve()
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('send' as const, 'close' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('abort' as const),
      which: fc.double({ min: 0, max: 0.99, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('open' as const), milliseconds: fc.nat(300) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('pass' as const), milliseconds: fc.nat(150) }),
  },
)

it('releases one caller at a time, and the next one after 0.1 s at the most, whoever comes or gives up', async () => {
  const sequence = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    jest.clearAllTimers()
    const scene = new Scene()
    for (const each of steps) await scene.take(each)
  })
  await expect(fc.assert(sequence, { numRuns: RUNS })).resolves.toBeUndefined()
})

it('has no timer if nobody waits and no place is kept', async () => {
  const awaited = { isReady: true, isOpenToAll: false, retryAfter: 0 }
  const readiness = new Readiness(awaited)
  await readiness.wait()
  expect(jest.getTimerCount()).toBe(1)
  readiness.look()
  expect(jest.getTimerCount()).toBe(0)
  awaited.isOpenToAll = true
  await readiness.wait()
  expect(jest.getTimerCount()).toBe(0)
})

/** A caller that waits for the circuit, and more that may come. */
function waitFor(awaited: { isReady: boolean; isOpenToAll: boolean; retryAfter: number }) {
  const readiness = new Readiness(awaited)
  const released: string[] = []
  const caller = new AbortController()
  const wait = (name: string) =>
    readiness.wait(caller.signal).then(
      () => released.push(name),
      () => undefined,
    )
  const pass = async (milliseconds: number) => {
    jest.advanceTimersByTime(milliseconds)
    await flushed()
  }
  void wait('first')
  return { readiness, released, caller, wait, pass }
}

const OPENED = { isReady: false, isOpenToAll: false, retryAfter: 30 }

it('has no timer, and nothing on a signal, once those who waited have given up or were released', async () => {
  const tired = waitFor(OPENED)
  expect(jest.getTimerCount()).toBe(1)
  tired.caller.abort()
  expect(jest.getTimerCount()).toBe(0)
  const awaited = { ...OPENED }
  const { readiness, caller, released, pass } = waitFor(awaited)
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
  Object.assign(awaited, { isReady: true, isOpenToAll: true })
  readiness.look()
  await pass(0)
  expect(released).toEqual(['first'])
  expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  expect(jest.getTimerCount()).toBe(0)
})

it('releases a caller when the ttl ends, although that is sooner than the next look', async () => {
  const awaited = { ...OPENED, retryAfter: 0.03 }
  const { released, pass } = waitFor(awaited)
  awaited.isReady = true
  await pass(29)
  expect(released).toEqual([])
  await pass(1)
  expect(released).toEqual(['first'])
})

it('keeps the place for the whole time, although a timer ran when the caller was released', async () => {
  const awaited = { ...OPENED }
  const { released, wait, pass } = waitFor(awaited)
  await pass(60)
  // A clock for tests was advanced, and the next caller notices it.
  awaited.isReady = true
  void wait('second')
  await pass(PATIENCE - 1)
  expect(released).toEqual(['first'])
  await pass(1)
  expect(released).toEqual(['first', 'second'])
})
