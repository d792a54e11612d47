/** Counts the commands of a fleet that is well, although a few of its many requests fail. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SHARED } from './guards.mjs'

/** @import { CircuitOptions } from 'axios-breaker' */
/** @import { RedisServer } from '../../scripts/redis-server.mjs' */
/** @import { FleetExtent, Scene } from './fleet.mjs' */

/** The part of the requests that fails. */
export const ERRORS = 0.01
export const RATE = { failureRate: 0.5 }
export const STREAK = { threshold: 5 }

/** Of each process. Together they send 250 requests a second, if the machine is fast enough. */
const CALLERS = 5
const PAUSE = 20
/** Seconds: the first requests fill the window. */
const WARM_UP = 3

/**
 * @param {Scene} scene
 * @param {FleetExtent} extent
 * @returns for each rule, requests and commands a second, commands for each failure, and transitions
 */
export async function randomErrors(scene, { seconds }) {
  return {
    rate: await measure(scene, RATE, 2 * seconds),
    streak: await measure(scene, STREAK, 2 * seconds),
  }
}

/**
 * @param {Scene} scene
 * @param {CircuitOptions} rules
 * @param {number} seconds
 */
async function measure({ fleet, redis, upstream, settings }, rules, seconds) {
  upstream.behave({ isDown: false })
  await fleet.guardBy(SHARED, { ...settings, rules })
  await fleet.all('startCallers', CALLERS, PAUSE)
  await sleep(WARM_UP * 1000)
  upstream.behave({ isDown: false, errors: ERRORS })
  const before = await commandsOf(redis)
  await sleep(seconds * 1000)
  const commands = (await commandsOf(redis)) - before
  const { hits, failures } = upstream
  await fleet.all('endCallers')
  const events = (await fleet.all('events')).flat()
  return {
    requestsPerSecond: hits / seconds,
    commandsPerSecond: commands / seconds,
    commandsPerFailure: commands / Math.max(1, failures),
    transitions: events.filter(({ event }) => event === 'stateChanged').length,
  }
}

/** @param {RedisServer} redis */
async function commandsOf(redis) {
  const { eval: full = 0, evalsha = 0 } = await redis.commandCounts()
  return full + evalsha
}
