/** What docs/rules.md says of the rules of a fleet, in virtual time. SEED changes the traffic. */
import type { Rules } from '../../../lib/circuit/types.js'
import { tableBelow } from '../../support/document.js'
import { Simulation } from './simulation.js'

const SEED = Number(process.env.SEED ?? 1)
const SEEDS = [SEED, SEED + 1, SEED + 2, SEED + 3]
/** Seconds. */
const WARM_UP = 100
const HALF_AN_HOUR = 1800

/** As the options make the rules: beside a rate, the streak is each process's own. */
function rulesBy(window: number, minimumRequests: number): Rules {
  const failureRate = { threshold: 0.5, window, minimumRequests }
  return { ...STREAK, threshold: minimumRequests, sharedThreshold: Infinity, failureRate }
}
const STREAK: Rules = { threshold: 5, ttl: 30, permits: 1, probeTimeout: 60 }
const MINUTE = rulesBy(60, 20)
const HUNDRED = rulesBy(10, 100)

interface Fleet {
  readonly rules: Rules
  readonly processes: number
  /** Requests a second of each process. */
  readonly traffic: number
}

/** The seconds from the beginning of an outage until the circuit opens for all, at the worst. */
function delayOf(fleet: Fleet, share: number): number {
  const delays = SEEDS.map((seed) => {
    const errors = (_process: number, time: number) => (time < WARM_UP ? 0 : share)
    const simulation = new Simulation({ ...fleet, errors, seed, quorum: 2 }).run(WARM_UP + 60)
    return (simulation.openedAt ?? Infinity) - WARM_UP
  })
  return Math.max(...delays)
}

/** In how many fleets the circuit opens for all while so many requests fail by chance. */
function openedBy(fleet: Fleet, share: number, seconds: number): number {
  const opened = SEEDS.filter((seed) => {
    const simulation = new Simulation({ ...fleet, errors: () => share, seed, quorum: 2 })
    while (simulation.time < seconds && simulation.openedAt === undefined) simulation.run(5)
    return simulation.openedAt !== undefined
  })
  return opened.length
}

it('is about these rules', () => {
  const rows = tableBelow('docs/rules.md', 'requests of all processes')
  expect(rows.map(({ options }) => options)).toEqual([
    'none: the default is `threshold: 5`',
    '`failureRate: { threshold: 0.5, window: 60, minimumRequests: 20 }`',
    '`failureRate: { threshold: 0.5, minimumRequests: 100 }`',
  ])
})

it('eight processes that send a request every ten seconds see an outage by the streak', () => {
  expect(delayOf({ rules: STREAK, processes: 8, traffic: 0.1 }, 1)).toBeLessThan(20)
})

it('eight that send one every two seconds see it by the rate of a minute, and no chance', () => {
  const fleet = { rules: MINUTE, processes: 8, traffic: 0.5 }
  expect(delayOf(fleet, 1)).toBeLessThan(30)
  expect(openedBy(fleet, 0.2, HALF_AN_HOUR)).toBe(0)
})

it('fifty that send one every two seconds see it by a hundred requests, and no chance', () => {
  const fleet = { rules: HUNDRED, processes: 50, traffic: 0.5 }
  expect(delayOf(fleet, 1)).toBeLessThan(7)
  expect(delayOf(fleet, 0.6)).toBeLessThan(11)
  expect(openedBy(fleet, 0.3, HALF_AN_HOUR / 6)).toBe(0)
})

it('the streaks of fifty add up to the default threshold by chance', () => {
  const fleet = { rules: STREAK, processes: 50, traffic: 0.5 }
  expect(openedBy(fleet, 0.05, 120)).toBe(SEEDS.length)
  expect(openedBy({ ...fleet, processes: 8 }, 0.05, HALF_AN_HOUR)).toBe(0)
})
