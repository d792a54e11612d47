/**
 * Counts the commands that Redis receives, by its own statistics: with a healthy service, and with a few
 * failures.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CACHED, NAIVE, SHARED } from './guards.mjs'

/** @import { RedisServer } from '../../scripts/redis-server.mjs' */
/** @import { FleetExtent, Scene } from './fleet.mjs' */
/** @import { Processes } from './processes.mjs' */

/** One failure among so many requests, and an unreachable threshold: nothing opens. */
const PERIOD = 5
const RULES = { threshold: 1000, ttl: 30 }
/** The steady rate: milliseconds between two requests of a process, and its duration in seconds. */
const PAUSE = 5
const STEADY = 2

/** The script runs these inside the one command that calls it. No variant sends them. */
const SCRIPTED = new Set(['time', 'hmget', 'hset', 'pexpire', 'publish'])
/** The benchmark itself sends these. The PING of each subscription depends on time and not on requests. */
const OURS = new Set(['config|resetstat', 'info', 'hello', 'ping'])

/**
 * @param {Scene} scene
 * @param {FleetExtent} extent
 * @returns commands per healthy request, further commands per failure, and commands per second at a steady
 * rate
 */
export async function commands(scene, { requests }) {
  /** @type {Record<string, Awaited<ReturnType<typeof measure>>>} */
  const found = {}
  for (const variant of [SHARED, NAIVE, CACHED])
    found[variant] = await measure(scene, variant, requests)
  return found
}

/**
 * @param {Scene} scene
 * @param {string} variant
 * @param {number} requests
 */
async function measure({ fleet, redis, upstream, settings }, variant, requests) {
  upstream.behave({ isDown: false })
  await fleet.guardBy(variant, { ...settings, ...RULES })
  const healthyPaths = Array.from({ length: requests }, () => '/')
  const healthy = await count(redis, () => fleet.all('get', ...healthyPaths))
  // Measure this before any failure: the success that withdraws a failure costs a command too.
  const steady = await count(redis, () => loadSteadily(fleet))
  const paths = healthyPaths.map((path, index) => (index % PERIOD === PERIOD - 1 ? '/down' : path))
  const mixed = await count(redis, () => fleet.all('get', ...paths))
  const failures = fleet.size * paths.filter((each) => each === '/down').length
  const perRequest = healthy.sent / (fleet.size * requests)
  const ofSuccesses = perRequest * (fleet.size * requests - failures)
  return {
    perRequest,
    perFailure: (mixed.sent - ofSuccesses) / failures,
    scriptedPerFailure: mixed.scripted / failures,
    perSecond: steady.sent / fleet.size / STEADY,
  }
}

/** @param {Processes} fleet */
async function loadSteadily(fleet) {
  await fleet.all('startCallers', 1, PAUSE)
  await sleep(STEADY * 1000)
  await fleet.all('endCallers')
}

/**
 * @param {RedisServer} redis
 * @param {() => Promise<unknown>} load
 */
async function count(redis, load) {
  await redis.command('CONFIG', 'RESETSTAT')
  await load()
  const counts = Object.entries(await redis.commandCounts()).filter(([name]) => !OURS.has(name))
  /** @param {(name: string) => boolean} wanted */
  const sum = (wanted) =>
    counts.filter(([name]) => wanted(name)).reduce((total, [, calls]) => total + calls, 0)
  return {
    sent: sum((name) => !SCRIPTED.has(name)),
    scripted: sum((name) => SCRIPTED.has(name)),
  }
}
