/**
 * Random sequences drive the list of forced circuits of several processes: questions, answers and messages
 * are lost, late and reordered, processes sleep, and the storage loses everything. In the end all agree on
 * the last command. RUNS sets the number of sequences; SEED repeats some.
 */
import { deepEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { beginForces, stepForces, type ForcesInput } from '../../../lib/fleet/flow/forcing.js'
import { ForcesWorld, REFRESH, TOLERANCE } from './forces-world.js'

const RUNS = Number(process.env.RUNS ?? 1000)
const SEED = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }
const PROCESSES = 4
/** Seconds from the end of all trouble until all agree: a refresh, and the pause between two hints. */
const AGREED = 1.2 * REFRESH + 1.1
/** Refreshes for which the messages of others may put off a read. */
const LONGEST_DELAY = 60

type Happening =
  | { readonly what: 'sleep' | 'wake'; readonly by: number }
  | {
      readonly what: 'force'
      readonly by: number
      readonly circuit: string
      readonly state: 'opened' | 'closed'
      readonly endsIn: number | undefined
    }
  | { readonly what: 'unforce'; readonly by: number; readonly circuit: string }
  | {
      readonly what: 'carryOut' | 'deliver' | 'lose' | 'receive' | 'dropMessage'
      readonly which: number
    }
  | { readonly what: 'forget' | 'liftMany' }
  | { readonly what: 'wait' | 'setClock'; readonly seconds: number }

const by = fc.nat(PROCESSES - 1)
const which = fc.nat(20)
const circuit = fc.constantFrom('a', 'b', 'c')
const usual = [
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('force' as const),
      by,
      circuit,
      state: fc.constantFrom('opened' as const, 'closed' as const),
      endsIn: fc.constantFrom(undefined, undefined, 2, 20, 90),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('unforce' as const), by, circuit }) },
  { weight: 10, arbitrary: fc.record({ what: fc.constant('carryOut' as const), which }) },
  { weight: 10, arbitrary: fc.record({ what: fc.constant('deliver' as const), which }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('receive' as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom('lose' as const, 'dropMessage' as const),
      which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constantFrom('sleep' as const, 'wake' as const), by }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('wait' as const),
      seconds: fc.constantFrom(0.01, 0.1, 0.6, 2, 7, 40),
    }),
  },
]
const lifting = { weight: 1, arbitrary: fc.record({ what: fc.constant('liftMany' as const) }) }
const forgetting = { weight: 1, arbitrary: fc.record({ what: fc.constant('forget' as const) }) }
const clockSetting = {
  weight: 1,
  arbitrary: fc.record({
    what: fc.constant('setClock' as const),
    seconds: fc.constantFrom(-3600, -30, -1, 1, 30, 3600),
  }),
}

function play(sequence: readonly Happening[]): ForcesWorld {
  const world = new ForcesWorld(PROCESSES)
  for (const happening of sequence) {
    const { what } = happening
    if (what === 'force') {
      const { by: who, circuit: name, state, endsIn } = happening
      world.ask(who, { op: 'force', circuit: name, force: { state, endsIn } })
    } else if (what === 'unforce') {
      world.ask(happening.by, { op: 'unforce', circuit: happening.circuit })
    } else if (what === 'wait' || what === 'setClock') world[what](happening.seconds)
    else if (what === 'forget' || what === 'liftMany') world[what]()
    else if (what === 'sleep' || what === 'wake') world[what](happening.by)
    else if ('which' in happening) world[happening.what](happening.which)
  }
  return world
}

/** Nothing else is to be carried out: who sent it has gone on without it. */
function dropForces(world: ForcesWorld): void {
  for (let index = world.flights.length - 1; index >= 0; index -= 1) {
    const flight = world.flights[index]
    if (flight?.question.op !== 'read' && !flight?.answer) world.lose(index)
  }
}

function check(
  arbitraries: readonly fc.WeightedArbitrary<Happening>[],
  property: (world: ForcesWorld) => void,
): number {
  const sequences = fc.array(fc.oneof(...arbitraries), { maxLength: 80, size: 'max' })
  let played = 0
  const checked = fc.property(sequences, (sequence) => {
    played += 1
    const world = play(sequence)
    dropForces(world)
    property(world)
  })
  fc.assert(checked, { numRuns: RUNS, ...SEED })
  return played
}

it('all agree on the last command that the storage has carried out, within a refresh', () => {
  const played = check([...usual, lifting], (world) => {
    world.heal(AGREED)
    world.agree()
    for (const [name, { state: word, until }] of world.words) {
      const said = world.saidOf(name)
      const isOver = until <= world.time + TOLERANCE
      ok(
        said.every((state) => state === word || (isOver && state === undefined)),
        `${name} is ${said.join()}`,
      )
      deepEqual(new Set(said).size, 1)
    }
  })
  expect(played).toBe(RUNS)
})

it('what a process knows survives a storage that loses everything, and nothing that was lifted comes back', () => {
  const played = check([...usual, forgetting], (world) => {
    const newest = world.newest()
    world.heal(AGREED)
    world.agree()
    for (const [name, { state }] of newest) {
      const said = world.saidOf(name)
      ok(
        said.every((other) => other === state || other === undefined),
        `${name} is ${said.join()}`,
      )
    }
  })
  expect(played).toBe(RUNS)
})

it('all agree in the end if the clock of the storage is set', () => {
  const played = check([...usual, forgetting, clockSetting], (world) => {
    world.heal(1.2 * REFRESH * (LONGEST_DELAY + 2))
    world.agree()
  })
  expect(played).toBe(RUNS)
})

it('the processes of a quiet fleet read the list about once per refresh together', () => {
  for (const size of [1, 2, 8, 50]) {
    const world = new ForcesWorld(size)
    world.heal(10 * REFRESH)
    world.reads = 0
    const refreshes = 600
    world.heal(refreshes * REFRESH)
    // The quickest process reads after 0.8 refreshes, and each process reads after 60 by itself.
    const most = 1.25 + size / LONGEST_DELAY
    expect(world.reads / refreshes).toBeGreaterThan(0.8)
    expect(world.reads / refreshes).toBeLessThan(most + 0.05)
  }
})

it('each of five commands in a row is known to all at once, and so are five more after a quiet time', () => {
  const world = new ForcesWorld(2)
  world.heal(REFRESH)
  for (let round = 0; round < 2; round += 1) {
    for (const state of ['opened', undefined, 'closed', undefined, 'opened'] as const) {
      const force = state && { op: 'force' as const, circuit: 'a', force: { state } }
      world.ask(0, force ?? { op: 'unforce', circuit: 'a' })
      world.heal(0.01)
      expect(world.saidOf('a')).toEqual([state, state])
    }
    world.heal(REFRESH)
  }
})

it('a flood of messages costs one read a second, after a few at once', () => {
  const world = new ForcesWorld(1)
  world.heal(REFRESH)
  world.reads = 0
  const [seconds, burst] = [20, 5]
  for (let count = 0; count < seconds * 100; count += 1) {
    world.messages.push({ to: 0, version: count + 1 })
    world.heal(0.01)
  }
  expect(world.reads).toBeLessThanOrEqual(seconds + burst + 2)
  expect(world.reads).toBeGreaterThan(seconds + burst - 2)
})

it('messages that say that nothing has changed hold back no read for longer than 60 refreshes', () => {
  const world = new ForcesWorld(1)
  world.heal(REFRESH)
  world.reads = 0
  for (let count = 0; count < 130 * REFRESH; count += 1) {
    world.messages.push({ to: 0, version: 0 })
    world.heal(1)
  }
  expect(world.reads).toBe(2)
})

it('a message that comes when a pause ends causes one read, and its timer none', () => {
  let [state, now] = [beginForces(REFRESH), 1000]
  const timers = new Set<string>()
  let reads = 0
  const take = (input: ForcesInput): void => {
    const [next, effects] = stepForces(state, input, now)
    state = next
    for (const effect of effects) {
      if (effect.do === 'read') reads += 1
      else if (effect.do === 'stop') timers.delete(effect.input)
      else if (effect.do === 'await') timers.add(effect.input)
    }
  }
  for (let version = 1; version <= 6; version += 1) take({ on: 'received', version })
  expect([reads, timers.has('hintDue')]).toEqual([5, true])
  now += 1
  take({ on: 'received', version: 7 })
  expect([reads, timers.has('hintDue')]).toEqual([6, false])
})

it('a message waits for no more than a second, even if the clock of the process stands still', () => {
  const now = 1000
  let state = beginForces(REFRESH)
  let isWaiting = false
  const pauses: number[] = []
  for (let version = 1; version <= 20; version += 1) {
    const input = isWaiting ? { on: 'hintDue' as const } : { on: 'received' as const, version }
    const [next, effects] = stepForces(state, input, now)
    state = next
    const pause = effects.find((effect) => effect.do === 'await')
    isWaiting = pause !== undefined
    if (pause) pauses.push(pause.seconds)
  }
  expect(pauses.length).toBeGreaterThan(5)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1)
})
