/** What is compared in a fleet: each one guards an axios instance of one process, by `get`, until `end`. */
import Opossum from 'opossum'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { RedisStorage } from 'axios-breaker/redis'
import { until } from '../../scripts/until.mjs'
import { NaiveBreaker, NaiveRefusal } from './naive-breaker.mjs'

export const SHARED = 'axios-breaker'
export const OWN = 'axios-breaker, a circuit each'
export const NAIVE = 'reading Redis each time'
export const CACHED = 'reading Redis every 100 ms'
export const OPOSSUM = 'opossum, a circuit each'

/** A call that takes this long has failed by its own timeout before. */
const OPOSSUM_TIMEOUT = 60_000

/** A closed circuit's. */
const CACHE_MS = 100

async function attachNaively(instance, { name, url, ...options }, cacheMs) {
  const breaker = await NaiveBreaker.connect(url, name, { ...options, cacheMs })
  const get = (path) => breaker.call(() => instance.get(path))
  return { get, end: () => breaker.destroy() }
}

async function attach(instance, { name, threshold, ttl }, storage) {
  const breaker = new CircuitBreaker({ threshold, ttl, storage })
  breaker.attach(instance, name)
  // All processes start at once: a busy machine may take longer than the deadline allows.
  const isInitialized = () =>
    breaker.init().then(
      () => true,
      () => false,
    )
  await until('the storage is there', isInitialized, 60)
  return {
    get: (path) => instance.get(path),
    on: (event, listener) => breaker.on(event, listener),
    flush: () => breaker.flush(),
    end: () => breaker.close(),
  }
}

export const GUARDS = {
  [SHARED]: (instance, settings) =>
    attach(instance, settings, new RedisStorage({ url: settings.url, ...settings.deadlines })),
  [OWN]: (instance, settings) => attach(instance, settings),
  [NAIVE]: (instance, settings) => attachNaively(instance, settings, 0),
  [CACHED]: (instance, settings) => attachNaively(instance, settings, CACHE_MS),
  // As near as it comes to so many failures in a row: more than half of all, of so many at least.
  [OPOSSUM]: (instance, { threshold, ttl }) => {
    const circuit = new Opossum((path) => instance.get(path), {
      volumeThreshold: threshold,
      errorThresholdPercentage: 50,
      resetTimeout: ttl * 1000,
      timeout: OPOSSUM_TIMEOUT,
    })
    return { get: (path) => circuit.fire(path), end: () => circuit.shutdown() }
  },
}

export function isRefusal(error) {
  return (
    error instanceof OpenedStateError ||
    error instanceof NaiveRefusal ||
    error.code === 'EOPENBREAKER'
  )
}
