/** The variants compared in a fleet. Each guards an axios instance of one process, by `get`, until `end`. */
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

/** Longer than the timeout of any call. */
const OPOSSUM_TIMEOUT = 60_000

/** How long the caching variant trusts a closed circuit. */
const CACHE_MS = 100

async function attachNaively(instance, { name, url, ...options }, cacheMs) {
  const breaker = await NaiveBreaker.connect(url, name, { ...options, cacheMs })
  const get = (path) => breaker.call(() => instance.get(path))
  return { get, end: () => breaker.destroy() }
}

async function attach(instance, { name, threshold, ttl, rules }, storage) {
  const breaker = new CircuitBreaker({ threshold, ttl, ...rules, storage })
  breaker.attach(instance, name)
  // All processes start at once, so a busy machine may exceed the default deadline.
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
  // The closest match to so many failures in a row: more than half of at least so many requests fail.
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
