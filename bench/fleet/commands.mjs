/** How many commands Redis gets, by its own count, while the service is well and while it fails now and then. */
import { NAIVE, SHARED } from './guards.mjs'

/** Nothing opens: one failure among so many requests, and a threshold out of reach. */
const PERIOD = 5
const RULES = { threshold: 1000, ttl: 30 }

/** What the script runs, inside of the one command that calls it; no variant sends these. */
const SCRIPTED = new Set(['time', 'hmget', 'hset', 'pexpire', 'publish'])
/** Of the benchmark itself; and the PING of each subscription, which goes by the clock and not by requests. */
const OURS = new Set(['config|resetstat', 'info', 'hello', 'ping'])

/** @returns commands per healthy request and, beyond those, per failure */
export async function commands(scene, { requests }) {
  const found = {}
  for (const variant of [SHARED, NAIVE]) found[variant] = await measure(scene, variant, requests)
  return found
}

async function measure({ fleet, redis, upstream, settings }, variant, requests) {
  upstream.behave({ isDown: false })
  await fleet.guardBy(variant, { ...settings, ...RULES })
  const healthy = await count(
    fleet,
    redis,
    Array.from({ length: requests }, () => '/'),
  )
  const path = (_, index) => (index % PERIOD === PERIOD - 1 ? '/down' : '/')
  const paths = Array.from({ length: requests }, path)
  const mixed = await count(fleet, redis, paths)
  const failures = fleet.size * paths.filter((each) => each === '/down').length
  const perRequest = healthy.sent / (fleet.size * requests)
  const ofSuccesses = perRequest * (fleet.size * requests - failures)
  return {
    perRequest,
    perFailure: (mixed.sent - ofSuccesses) / failures,
    scriptedPerFailure: mixed.scripted / failures,
  }
}

async function count(fleet, redis, paths) {
  await redis.command('CONFIG', 'RESETSTAT')
  await fleet.all('get', ...paths)
  const counts = Object.entries(await redis.commandCounts()).filter(([name]) => !OURS.has(name))
  const sum = (wanted) =>
    counts.filter(([name]) => wanted(name)).reduce((total, [, calls]) => total + calls, 0)
  return {
    sent: sum((name) => !SCRIPTED.has(name)),
    scripted: sum((name) => SCRIPTED.has(name)),
  }
}
