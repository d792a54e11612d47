/** Which answers show that a message never arrived, whatever others publish in between. */
import fc from 'fast-check'
import { MissedMessages } from '../../lib/redis/missed-messages.js'

const RUNS = Number(process.env.RUNS ?? 1000)
/** Milliseconds after which a message is missed. */
const PATIENCE = 1000
const CIRCUIT = 'users'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

/** A circuit in Redis, whose transitions are published. */
class World {
  readonly onMissed = jest.fn()
  readonly missed = new MissedMessages(this.onMissed)
  #epoch = 1
  /** The epochs of the messages that arrived, whoever published them. */
  readonly #arrived = new Set<number>([1])

  constructor() {
    this.answer()
  }

  /** @param message how it arrives, if it does */
  move(message: 'signed' | 'unsigned' | 'lost'): void {
    this.#epoch += 10
    if (message !== 'lost') this.#deliver(this.#epoch, message === 'signed')
  }

  forge(ahead: number): void {
    this.#deliver(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, this.#epoch + ahead)), false)
  }

  answer(): void {
    this.missed.answered(CIRCUIT, this.#epoch)
  }

  /** Whether the message about the last transition has arrived. */
  get isHeard(): boolean {
    return this.#arrived.has(this.#epoch)
  }

  /** Asks, and waits for what is still to come. @returns how many misses are reported meanwhile */
  settle(): number {
    jest.advanceTimersByTime(PATIENCE)
    const before = this.onMissed.mock.calls.length
    this.answer()
    jest.advanceTimersByTime(PATIENCE)
    return this.onMissed.mock.calls.length - before
  }

  #deliver(epoch: number, isProven: boolean): void {
    this.#arrived.add(epoch)
    this.missed.received(CIRCUIT, epoch, isProven)
  }
}

type Step = (world: World) => void

const answer: Step = (world) => world.answer()
const wait = fc.nat(PATIENCE).map(
  (ms): Step =>
    () =>
      jest.advanceTimersByTime(ms),
)
const moves = (...ways: Parameters<World['move']>[0][]) =>
  fc.constantFrom(
    ...ways.map(
      (way): Step =>
        (world) =>
          world.move(way),
    ),
  )
const forgery = fc
  .oneof(fc.integer({ min: -30, max: 30 }), fc.constant(Number.MAX_SAFE_INTEGER))
  .map(
    (ahead): Step =>
      (world) =>
        world.forge(ahead),
  )

it('reports a lost message, whatever somebody else publishes', () => {
  const step = fc.oneof(moves('signed', 'unsigned', 'lost'), forgery, fc.constant(answer), wait)
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const world = new World()
      for (const take of steps) take(world)
      world.move('lost')
      world.forge(Number.MAX_SAFE_INTEGER)
      fc.pre(!world.isHeard)
      expect(world.settle()).toBe(1)
    }),
    { numRuns: RUNS },
  )
})

it('reports nothing if all messages arrive in time', () => {
  const step = fc.oneof(moves('signed', 'unsigned'), fc.constant(answer), wait)
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const world = new World()
      for (const take of steps) take(world)
      world.settle()
      expect(world.onMissed).not.toHaveBeenCalled()
    }),
    { numRuns: RUNS },
  )
})

it('reports nothing if the message follows its answer within a second', () => {
  for (const isProven of [true, false]) {
    const onMissed = jest.fn()
    const missed = new MissedMessages(onMissed)
    missed.answered(CIRCUIT, 1)
    missed.answered(CIRCUIT, 11)
    jest.advanceTimersByTime(PATIENCE - 1)
    missed.received(CIRCUIT, 11, isProven)
    jest.advanceTimersByTime(PATIENCE)
    expect(onMissed).not.toHaveBeenCalled()
  }
})

it('reports a message once', () => {
  const world = new World()
  world.move('lost')
  expect([world.settle(), world.settle()]).toEqual([1, 0])
})

it('knows nothing of circuits that it has forgotten, and of those that are read again', () => {
  const world = new World()
  for (const leave of [() => world.missed.forget(CIRCUIT), () => world.missed.reset()]) {
    world.move('lost')
    leave()
    expect(world.settle()).toBe(0)
  }
})
