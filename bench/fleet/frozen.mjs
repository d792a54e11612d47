/** Measures what callers notice if Redis accepts commands and answers none. */
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../statistics.mjs'
import { NAIVE, SHARED } from './guards.mjs'

/** @import { RedisServer } from '../../scripts/redis-server.mjs' */
/** @import { FleetExtent, Scene } from './fleet.mjs' */
/** @import { Processes } from './processes.mjs' */

/** @typedef {{ latencies: readonly number[], broken: number }} End what a process met */

/** Uses the default deadlines. */
const RULES = { threshold: 5, ttl: 0.5, deadlines: {} }
export const CALLERS = 2
/** Milliseconds between two requests of a caller. */
const PAUSE = 5
/** A request that takes at least so many milliseconds counts as slow. */
export const SLOW = 50

/**
 * @param {Scene} scene
 * @param {FleetExtent} extent
 * @returns the times of requests, during the freeze and before it, for each variant and for a service that is up or
 *   down
 */
export async function frozen(scene, { freeze }) {
  const found = []
  for (const isDown of [false, true]) {
    for (const variant of [SHARED, NAIVE]) {
      found.push({ variant, isDown, ...(await measure(scene, { variant, isDown, freeze })) })
    }
  }
  return found
}

/**
 * @param {Scene} scene
 * @param {{ variant: string, isDown: boolean, freeze: number }} what
 */
async function measure({ fleet, redis, upstream, settings }, { variant, isDown, freeze }) {
  upstream.behave({ isDown })
  await fleet.guardBy(variant, { ...settings, ...RULES })
  if (isDown) await fleet.all('getUntilRefused')
  const before = await load(fleet, redis, () => sleep(freeze * 1000))
  const during = await load(fleet, redis, async () => {
    redis.freeze()
    await sleep(freeze * 1000)
  })
  return { before: figures(before), during: figures(during) }
}

/**
 * @param {Processes} fleet
 * @param {RedisServer} redis
 * @param {() => Promise<unknown>} meanwhile
 * @returns what callers met while something happened
 */
async function load(fleet, redis, meanwhile) {
  await fleet.all('reset')
  await fleet.all('startCallers', CALLERS, PAUSE)
  await meanwhile()
  const ends = fleet.all('endCallers')
  // Callers that still wait have waited for as long as Redis was frozen.
  await sleep(SLOW)
  redis.thaw()
  return ends
}

/** @param {readonly End[]} ends */
function figures(ends) {
  const took = ends.flatMap(({ latencies }) => latencies)
  return {
    requests: took.length,
    median: median(took),
    longest: Math.max(...took),
    slow: took.filter((time) => time > SLOW).length,
    broken: ends.reduce((sum, { broken }) => sum + broken, 0),
  }
}
