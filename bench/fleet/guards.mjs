/** The variants compared in a fleet. Each guards an axios instance of one process, by `get`, until `end`. */
import Opossum from 'opossum'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { RedisStorage } from 'axios-breaker/redis'
import { until } from '../../scripts/until.mjs'
import { NaiveBreaker, NaiveRefusal } from './naive-breaker.mjs'

/**
 * @import { AxiosInstance } from 'axios'
 * @import { CircuitOptions, CircuitStorage } from 'axios-breaker'
 * @import { SharingOptions } from 'axios-breaker/redis'
 *
 * @typedef {Pick<SharingOptions, 'permitDeadline' | 'commandDeadline'>} Deadlines
 *
 * @typedef {object} Settings
 * @property {string} url of Redis
 * @property {string} name of the circuit
 * @property {Deadlines} deadlines
 * @property {number} [threshold]
 * @property {number} [ttl]
 * @property {CircuitOptions} [rules] which only axios-breaker has
 *
 * @typedef {object} Guard
 * @property {(path: string) => Promise<unknown>} get
 * @property {CircuitBreaker['on']} [on]
 * @property {() => Promise<void>} [flush]
 * @property {() => unknown} end
 */

export const SHARED = 'axios-breaker'
export const OWN = 'axios-breaker, a circuit each'
export const NAIVE = 'reading Redis each time'
export const CACHED = 'reading Redis every 100 ms'
export const OPOSSUM = 'opossum, a circuit each'

/** Those of axios-breaker, for the other variants. */
const DEFAULTS = { threshold: 5, ttl: 30 }

/** Longer than the timeout of any call. */
const OPOSSUM_TIMEOUT = 60_000

/** How long the caching variant trusts a closed circuit. */
const CACHE_MS = 100

/**
 * @param {AxiosInstance} instance
 * @param {Settings} settings
 * @param {number} cacheMs
 * @returns {Promise<Guard>}
 */
async function attachNaively(instance, { name, url, ...options }, cacheMs) {
  const breaker = await NaiveBreaker.connect(url, name, { ...DEFAULTS, ...options, cacheMs })
  return {
    get: (path) => breaker.call(() => instance.get(path)),
    end: () => breaker.destroy(),
  }
}

/**
 * @param {AxiosInstance} instance
 * @param {Settings} settings
 * @param {CircuitStorage} [storage]
 * @returns {Promise<Guard>}
 */
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

/** @type {Readonly<Record<string, (instance: AxiosInstance, settings: Settings) => Guard | Promise<Guard>>>} */
export const GUARDS = {
  [SHARED]: (instance, settings) =>
    attach(instance, settings, new RedisStorage({ url: settings.url, ...settings.deadlines })),
  [OWN]: (instance, settings) => attach(instance, settings),
  [NAIVE]: (instance, settings) => attachNaively(instance, settings, 0),
  [CACHED]: (instance, settings) => attachNaively(instance, settings, CACHE_MS),
  // The closest match to so many failures in a row: more than half of at least so many requests fail.
  [OPOSSUM]: (instance, settings) => {
    const { threshold, ttl } = { ...DEFAULTS, ...settings }
    /** @type {Guard['get']} */
    const get = (path) => instance.get(path)
    const circuit = new Opossum(get, {
      volumeThreshold: threshold,
      errorThresholdPercentage: 50,
      resetTimeout: ttl * 1000,
      timeout: OPOSSUM_TIMEOUT,
    })
    return { get: (path) => circuit.fire(path), end: () => circuit.shutdown() }
  },
}

/** @param {unknown} error */
export function isRefusal(error) {
  return (
    error instanceof OpenedStateError ||
    error instanceof NaiveRefusal ||
    (error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER')
  )
}
