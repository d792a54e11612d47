/**
 * Fleets whose circuit opens by a rate, in virtual time: real flow, real rules, no clock, no Redis. The design
 * promises each of these numbers. SEED changes the traffic.
 */
import type { Rules } from '../../../lib/circuit/types.js'
import { commandsIn, Simulation, type SimulationOptions } from './simulation.js'

const SEED = Number(process.env.SEED ?? 1)
const RATE = { threshold: 0.5, window: 10, minimumRequests: 20 }
const RULES: Rules = {
  threshold: Infinity,
  failureRate: RATE,
  ttl: 30,
  permits: 1,
  probeTimeout: 60,
}
/** As `failureRate: 0.5` makes them: the streak is each process's own. */
const PLAIN: Rules = {
  ...RULES,
  threshold: 10,
  sharedThreshold: Infinity,
  failureRate: { ...RATE, minimumRequests: 10 },
}

function simulate(given: Partial<SimulationOptions>): Simulation {
  const defaults = { rules: RULES, processes: 8, traffic: 100, errors: () => 0.01, seed: SEED }
  return new Simulation({ ...defaults, ...given })
}

/** Noise at first, and then so many errors. */
const from =
  (begin: number, errors: number) =>
  (_process: number, time: number): number =>
    time < begin ? 0.01 : errors

function refusedOf(simulation: Simulation, isHealthy: (process: number) => boolean): number {
  const healthy = simulation.processes.filter(({ index }) => isHealthy(index))
  return healthy.reduce((sum, { refused }) => sum + refused, 0)
}

describe('1 % of errors', () => {
  it.each([
    [8, 250, 60],
    [50, 20, 60],
    [8, 1, 600],
    [200, 0.5, 120],
  ])(
    'cost next to nothing in %i processes of %d requests a second, and open nothing',
    (processes, traffic, seconds) => {
      const simulation = simulate({ processes, traffic, rules: PLAIN })
      // Windows that are filling have few requests, so one failure is a large part of them.
      simulation.run(20)
      const rate = commandsIn(simulation, seconds) / seconds
      expect(rate).toBeLessThanOrEqual(1)
      expect(simulation.openedAt).toBeUndefined()
    },
  )
})

describe('a service that fails', () => {
  it('60 % of the time opens the circuit for all within the bound of the window', () => {
    const simulation = simulate({ errors: from(15, 0.6) }).run(15 + 9.3)
    expect(simulation.openedAt).toBeGreaterThan(15 + 6.5)
    expect(simulation.openedAt).toBeLessThan(15 + 9.3)
    expect(simulation.locallyOpened).toBe(8)
  })

  it('all of the time opens it by the rate alone after half a window', () => {
    const simulation = simulate({ errors: from(15, 1) }).run(15 + 6)
    expect(simulation.openedAt).toBeLessThan(15 + 5.75)
  })

  it('all of the time opens it within a second, once the processes have seen enough in a row', () => {
    const simulation = simulate({ rules: PLAIN, errors: from(15, 1) }).run(20)
    expect(simulation.openedAt).toBeLessThan(16)
    // Each process stops by itself.
    expect(simulation.sent).toBeLessThan(15 * 800 * 1.05 + 8 * 12)
  })

  it('opens it as soon as the fleet has seen enough, though no process has', () => {
    const simulation = simulate({ traffic: 1, errors: () => 1 }).run(20)
    expect(simulation.openedAt).toBeLessThan(6)
    expect(Math.max(...simulation.processes.map(({ sent }) => sent))).toBeLessThan(20)
  })

  it('opens it in a thousand processes, of which a hundred are asked', () => {
    const given = { processes: 1000, traffic: 0.5, errors: from(20, 0.7) }
    const simulation = simulate(given).run(20)
    const rate = commandsIn(simulation, 15) / 15
    expect(simulation.openedAt).toBeLessThan(20 + 9)
    expect(rate).toBeLessThan(300)
  })

  it('all of the time opens it too if there is far less traffic than a poll has counted', () => {
    const traffic = (_process: number, time: number) => (time < 20 ? 75 : Number(time > 35))
    const noise = (time: number) => (time < 5 ? 0 : 0.4)
    const errors = (_process: number, time: number) => (time < 20 ? noise(time) : 1)
    const simulation = simulate({ traffic, errors }).run(30)
    expect(simulation.polls).toBeGreaterThan(0)
    expect(simulation.openedAt).toBeUndefined()
    expect(simulation.run(20).openedAt).toBeLessThan(35 + 8)
  })

  it('two times of three opens it, although requests come in bursts, too few for any process', () => {
    const rules = { ...RULES, failureRate: { ...RATE, window: 1, minimumRequests: 10 } }
    const errors = () => 2 / 3
    const simulation = simulate({ rules, processes: 4, traffic: 4, burst: 9, errors }).run(10)
    expect(simulation.openedAt).toBeLessThan(9 / 4 + 1.1)
    expect(simulation.sent).toBe(4 * 9)
  })

  it('30 % of the time opens nothing, and costs few commands', () => {
    const simulation = simulate({ traffic: 250, errors: from(10, 0.3) }).run(20)
    const rate = commandsIn(simulation, 20) / 20
    expect(simulation.openedAt).toBeUndefined()
    expect(rate).toBeLessThan(40)
  })

  it('and recovers at once, before the rate is reached, opens nothing afterwards', () => {
    const errors = (_process: number, time: number) => (time > 15 && time < 20 ? 0.6 : 0.01)
    const simulation = simulate({ errors }).run(60)
    expect(simulation.openedAt).toBeUndefined()
    expect(simulation.refused).toBe(0)
  })
})

describe('processes that are cut off', () => {
  it.each([1, 2])(
    'stop by themselves, and no other loses a request, with a quorum of %i',
    (quorum) => {
      const errors = (process: number, time: number) => (time > 15 && process < 2 ? 1 : 0.01)
      for (const rules of [RULES, PLAIN]) {
        const simulation = simulate({ rules, quorum, errors }).run(80)
        expect(simulation.openedAt).toBeUndefined()
        expect(simulation.locallyOpened).toBe(2)
        expect(refusedOf(simulation, (process) => process >= 2)).toBe(0)
      }
    },
  )

  it('are not enough if the worst of them are left out', () => {
    // Five of eight, each with all of its requests: 62 %, and 57 % without one of them, 50 % without two.
    const errors = (process: number, time: number) => (time > 15 && process < 5 ? 1 : 0)
    expect(simulate({ quorum: 2, errors }).run(30).openedAt).toBeGreaterThan(15)
    expect(simulate({ quorum: 4, errors }).run(30).openedAt).toBeUndefined()
  })
  it('are left out rather than a busy process that has more failures, because it has more requests', () => {
    const traffic = (process: number) => [50, 2][process] ?? 0.1
    const errors = (process: number, time: number) => (process === 1 && time > 15 ? 1 : 0.05)
    for (let run = 0; run < 10; run += 1) {
      const simulation = simulate({ rules: PLAIN, quorum: 2, traffic, errors, seed: SEED + run })
      expect(simulation.run(75).openedAt).toBeUndefined()
      expect(simulation.locallyOpened).toBe(1)
    }
  })
})

describe('a network that is', () => {
  const slow = (random: () => number) => 0.02 + 0.06 * random()

  it('slow delays the opening by as much, and opens nothing that it should not', () => {
    const broken = (process: number, time: number) => (time > 15 && process < 2 ? 1 : 0.01)
    expect(simulate({ delay: slow, errors: broken }).run(60).openedAt).toBeUndefined()
    const simulation = simulate({ delay: slow, errors: from(15, 0.6) }).run(15 + 9.6)
    expect(simulation.openedAt).toBeLessThan(15 + 9.6)
  })

  it('deaf for one process lets the others be counted without it', () => {
    const receives = (process: number) => process !== 7
    const errors = (process: number, time: number) => (time > 15 && process < 2 ? 1 : 0.01)
    expect(simulate({ receives, errors }).run(60).openedAt).toBeUndefined()
    expect(simulate({ receives, errors: from(15, 1) }).run(25).openedAt).toBeLessThan(22)
  })
})

it('opens again for longer each time that the service is still down', () => {
  const rules = { ...PLAIN, ttl: 2, growth: { factor: 2, max: 8, jitter: 0.1 } }
  const simulation = simulate({ rules, errors: () => 1 }).run(25)
  const { openings } = simulation
  const pauses = openings.slice(1).map((at, index) => at - (openings[index] ?? 0))
  expect(pauses).toHaveLength(4)
  for (const [index, ttl] of [2, 4, 8, 8].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(ttl)
    // The jitter adds a tenth at most. Then the next request of the fleet is the probe.
    expect(pauses[index]).toBeLessThan(1.1 * ttl + 0.05)
  }
  const ttls = simulation.processes.map(({ local }) => local.retryAfter)
  // All processes have computed the same moment, including the jitter.
  expect(Math.max(...ttls) - Math.min(...ttls)).toBeLessThan(0.01)
  // Ten in a row each, and then a probe after 2, 4, 8 and 8 seconds, of the whole fleet.
  expect(simulation.sent).toBeLessThan(8 * 14 + 5)
})
