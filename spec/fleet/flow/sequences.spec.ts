/**
 * Random sequences drive the flow of several processes over one storage: answers are lost, late, repeated
 * and reordered, requests end whenever they like, and timers fire at any time. The invariants are
 * checked after each step, and in the end all agree. Once the network is in order, probes in flight are counted over
 * all processes. RUNS sets the number of sequences; SEED repeats some.
 */
import { equal } from 'node:assert/strict'
import fc from 'fast-check'
import type { Outcome, Rules } from '../../../lib/circuit/types.js'
import { isClosed } from '../../../lib/fleet/flow/view.js'
import type { SteppedProcess } from './stepped-process.js'
import { World, type WorldOptions } from './world.js'

const RUNS = Number(process.env.RUNS ?? 2000)
const SEED = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }
const PROCESSES = 3
/** Of them, the one that does not run for a while. */
const SLEEPER = 0

type Happening =
  | { readonly what: 'admit' | 'read' | 'lost' | 'distrusted' | 'hurried'; readonly by: number }
  | { readonly what: 'end'; readonly by: number; readonly which: number; readonly outcome: Outcome }
  | { readonly what: 'fire' | 'slow'; readonly by: number; readonly which: number }
  | {
      readonly what: 'carryOut' | 'deliver' | 'giveUp' | 'lose' | 'push' | 'repeat' | 'dropPush'
      readonly which: number
    }
  | { readonly what: 'wait'; readonly seconds: number }

const by = fc.nat(PROCESSES - 1)
const which = fc.nat(20)
const outcome = fc.constantFrom<Outcome>('success', 'failure', 'failure', 'failure', 'ignored')

function weighed(weight: number, arbitrary: fc.Arbitrary<Happening>) {
  return { weight, arbitrary }
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  weighed(8, fc.record({ what: fc.constant('admit' as const), by })),
  weighed(8, fc.record({ what: fc.constant('end' as const), by, which, outcome })),
  weighed(8, fc.record({ what: fc.constant('carryOut' as const), which })),
  weighed(8, fc.record({ what: fc.constant('deliver' as const), which })),
  weighed(4, fc.record({ what: fc.constantFrom('push' as const, 'repeat' as const), which })),
  weighed(3, fc.record({ what: fc.constant('read' as const), by })),
  weighed(2, fc.record({ what: fc.constantFrom('fire' as const, 'slow' as const), by, which })),
  weighed(
    2,
    fc.record({
      what: fc.constantFrom('giveUp' as const, 'lose' as const, 'dropPush' as const),
      which,
    }),
  ),
  weighed(
    1,
    fc.record({
      what: fc.constantFrom('lost' as const, 'distrusted' as const, 'hurried' as const),
      by,
    }),
  ),
  weighed(
    3,
    fc.record({
      what: fc.constant('wait' as const),
      seconds: fc.constantFrom(0.001, 0.25, 0.5, 2, 4.5, 7, 70),
    }),
  ),
)

const options = fc.record<WorldOptions>({
  threshold: fc.constantFrom(1, 2, 3, Infinity),
  failureRate: fc.option(
    fc.record({
      threshold: fc.constantFrom(0.5, 1),
      window: fc.constantFrom(5, { requests: 6 }),
      minimumRequests: fc.integer({ min: 1, max: 3 }),
    }),
    { nil: false as const },
  ),
  growth: fc.constantFrom<Rules['growth']>(false, { factor: 2, max: 16, jitter: 0.2 }),
  probes: fc.constantFrom({ needed: 1, of: 1 }, { needed: 2, of: 3 }),
  ttl: fc.constantFrom(0.2, 4, 4),
  permits: fc.integer({ min: 1, max: 2 }),
  probeTimeout: fc.constantFrom(3, 60),
  quorum: fc.integer({ min: 1, max: 2 }),
})

function happen(world: World, taken: Happening): void {
  if (taken.what === 'wait') world.now += taken.seconds
  else if ('by' in taken) letProcess(world, taken)
  else if (taken.what === 'push' || taken.what === 'repeat') {
    world.push(taken.which, taken.what === 'repeat')
  } else world[taken.what](taken.which)
}

/** What happens while nothing is lost, and all comes in its order. Most probes hang. */
const orderly: fc.Arbitrary<Happening> = fc.oneof(
  weighed(8, fc.record({ what: fc.constant('admit' as const), by })),
  weighed(2, fc.record({ what: fc.constant('end' as const), by, which, outcome })),
  weighed(1, fc.record({ what: fc.constant('slow' as const), by, which })),
  weighed(
    8,
    fc.record({
      what: fc.constantFrom('carryOut' as const, 'deliver' as const, 'push' as const),
      which: fc.constant(0),
    }),
  ),
  weighed(1, fc.record({ what: fc.constantFrom('distrusted' as const, 'hurried' as const), by })),
  weighed(
    4,
    fc.record({
      what: fc.constant('wait' as const),
      seconds: fc.constantFrom(0.001, 0.25, 2, 4.5, 7, 20),
    }),
  ),
)

function happenInOrder(world: World, taken: Happening): void {
  if (taken.what === 'wait') world.pass(taken.seconds)
  else happen(world, taken)
}

function letProcess(world: World, taken: Extract<Happening, { readonly by: number }>): void {
  const process = world.processes[taken.by]
  if (!process) return
  if (taken.what === 'admit') process.admit()
  else if (taken.what === 'end') process.end(taken.which, taken.outcome)
  else if (taken.what === 'fire' || taken.what === 'slow') process[taken.what](taken.which)
  else if (taken.what === 'read') world.read(process)
  else process.take({ on: taken.what })
}

it('the invariants hold and all processes agree in the end, whatever is lost, late, repeated or reordered', () => {
  const visited = new Set<string>()
  let reports = 0
  const sequences = fc.array(happening, { minLength: 20, maxLength: 150, size: 'max' })
  const property = fc.property(options, sequences, outcome, (given, sequence, last) => {
    const world = new World(given, PROCESSES)
    for (const taken of sequence) {
      happen(world, taken)
      world.check()
    }
    world.heal(last)
    for (const state of world.visited) visited.add(state)
    for (const process of world.processes) reports += process.reports
  })
  fc.assert(property, { numRuns: RUNS, ...SEED })
  expect([...visited].toSorted()).toEqual([
    'a poll',
    'a second round',
    'closed',
    'half-opened',
    'opened',
    'opened by the rate',
  ])
  expect(reports).toBeGreaterThan(RUNS / 10)
})

/** What happens after a process has slept through the end of an outage: it may fail, and the others are healthy. */
const afterSleep: fc.Arbitrary<Happening> = fc.oneof(
  weighed(4, fc.record({ what: fc.constant('admit' as const), by })),
  weighed(
    4,
    fc.record({ what: fc.constant('end' as const), by: fc.constant(SLEEPER), which, outcome }),
  ),
  weighed(1, fc.record({ what: fc.constant('slow' as const), by: fc.constant(SLEEPER), which })),
  weighed(
    1,
    fc.record({
      what: fc.constant('end' as const),
      by,
      which,
      outcome: fc.constant('success' as const),
    }),
  ),
  weighed(
    12,
    fc.record({
      what: fc.constantFrom('carryOut' as const, 'deliver' as const, 'push' as const),
      which,
    }),
  ),
  weighed(
    1,
    fc.record({ what: fc.constant('wait' as const), seconds: fc.constantFrom(0.001, 0.5, 2, 7) }),
  ),
)

/** All open, and the others close again while one sleeps. */
function sleepThroughAnEnd(world: World): void {
  const [sleeper, ...others] = world.processes as [SteppedProcess, ...SteppedProcess[]]
  world.putInOrder()
  for (const process of world.processes) {
    for (let count = 0; count < 3; count += 1) {
      process.admit()
      process.end(0, 'failure')
    }
  }
  world.pass(0.1)
  equal(isClosed(sleeper.state), false)
  sleeper.isFrozen = true
  for (let count = 0; count < 10; count += 1) {
    world.pass(5)
    for (const process of others) {
      process.admit()
      world.pass(0)
      process.end(0, 'success')
    }
  }
  world.pass(0)
  world.checkClosed(others)
}

it('a process that has slept through the end of an outage, which the storage has lost, opens the circuit of no other', () => {
  const seen = { probes: 0, failed: 0 }
  const rules = options.map(
    (given) => ({ ...given, threshold: 3, failureRate: false, quorum: 2 }) as const,
  )
  const after = fc.array(afterSleep, { minLength: 10, maxLength: 60, size: 'max' })
  const slept = fc.constantFrom(0.001, 5, 70, 600)
  const property = fc.property(rules, slept, after, (given, seconds, sequence) => {
    const world = new World(given, PROCESSES)
    const [sleeper, ...others] = world.processes as [SteppedProcess, ...SteppedProcess[]]
    sleepThroughAnEnd(world)
    world.pass(seconds)
    world.evict()
    world.thaw(sleeper)
    const failures = sleeper.failures
    for (const taken of sequence) {
      happen(world, taken)
      world.check()
      world.checkClosed(others)
    }
    seen.probes += Number(world.visited.has('half-opened'))
    seen.failed += Number(sleeper.failures > failures)
    sleeper.admit()
    world.pass(1)
    world.checkClosed(others)
    // Its own failures may have opened its own circuit.
    equal(isClosed(sleeper.state), true, 'it was never corrected')
  })
  fc.assert(property, { numRuns: RUNS, ...SEED })
  expect(seen.probes).toBeGreaterThan(RUNS / 2)
  expect(seen.failed).toBeGreaterThan(RUNS / 10)
})

it('once nothing is lost any more, no probe is sent beyond the permits, whatever is in flight by then', () => {
  const seen = { leftover: 0, beyond: 0, probes: 0 }
  const before = fc.array(happening, { minLength: 20, maxLength: 100, size: 'max' })
  const after = fc.array(orderly, { minLength: 20, maxLength: 120, size: 'max' })
  const forgets = fc.constantFrom(undefined, undefined, false, true)
  const property = fc.property(
    options,
    before,
    forgets,
    after,
    (given, chaos, isForgotten, order) => {
      const world = new World(given, PROCESSES)
      for (const taken of chaos) happen(world, taken)
      if (isForgotten !== undefined) world.restart(isForgotten)
      world.putInOrder()
      seen.leftover += Number(world.probing > 0)
      seen.beyond += Number(world.probing > given.permits)
      for (const taken of order) happenInOrder(world, taken)
      seen.probes += world.probes
      if (!isForgotten) world.heal('ignored')
    },
  )
  fc.assert(property, { numRuns: RUNS, ...SEED })
  expect(seen.leftover).toBeGreaterThan(RUNS / 20)
  expect(seen.beyond).toBeGreaterThan(RUNS / 100)
  expect(seen.probes).toBeGreaterThan(RUNS)
})
