/** The compared variants. Each turns an axios instance into a function that sends a GET. */
import axiosRetry from 'axios-retry'
import { byHost, CircuitBreaker } from 'axios-breaker'
import { collectMetrics } from 'axios-breaker/prometheus'
import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel'
import * as mollitia from 'mollitia'
import Opossum from 'opossum'

/**
 * @import { AxiosInstance } from 'axios'
 *
 * @typedef {(url: string) => Promise<unknown>} Get
 * @typedef {(instance: AxiosInstance) => Get} Guard
 */

/** An open circuit stays open for the whole benchmark. */
const TTL = 3600
const TTL_MS = TTL * 1000

export const BARE = 'bare axios'
export const NOOP = 'no-op interceptor pair'
export const OURS = 'axios-breaker'
export const MONITORED = 'axios-breaker with metrics'
export const RATED = 'axios-breaker with failureRate'
export const BY_HOST = 'axios-breaker by host'
export const RULED = 'axios-breaker with failureRate and slowAfter'

let count = 0

/**
 * Makes so many circuits, each with its own name.
 *
 * @type {(breaker: CircuitBreaker) => Guard}
 */
const guardBy = (breaker) => (instance) => {
  count += 1
  breaker.attach(instance, `service-${count}`)
  return (url) => instance.get(url)
}

const monitored = new CircuitBreaker({ ttl: TTL })
collectMetrics(monitored)

/**
 * The instances of the other variants have a host if their requests need one.
 *
 * @type {Guard}
 */
function guardByHost(instance) {
  count += 1
  instance.defaults.baseURL ??= `http://service-${count}.internal`
  hosts.attach(instance, byHost)
  return (url) => instance.get(url)
}

const hosts = new CircuitBreaker({ ttl: TTL })

/** So long that all requests of the benchmark are in it. */
const FAILURE_RATE = { threshold: 0.5, window: TTL }

/**
 * Each library runs with its defaults, except that circuits of all libraries stay open equally long.
 *
 * @type {Readonly<Record<string, Guard>>}
 */
export const VARIANTS = {
  [BARE]: (instance) => (url) => instance.get(url),
  // The difference between two measurements of the same code is noise.
  'bare axios, again': (instance) => (url) => instance.get(url),
  [NOOP]: (instance) => {
    instance.interceptors.request.use((config) => config, undefined, { synchronous: true })
    instance.interceptors.response.use((response) => response)
    return (url) => instance.get(url)
  },
  [OURS]: guardBy(new CircuitBreaker({ ttl: TTL })),
  [MONITORED]: guardBy(monitored),
  [RATED]: guardBy(new CircuitBreaker({ ttl: TTL, failureRate: FAILURE_RATE })),
  [RULED]: guardBy(new CircuitBreaker({ ttl: TTL, failureRate: FAILURE_RATE, slowAfter: 60 })),
  [BY_HOST]: guardByHost,
  opossum: (instance) => {
    /** @type {Get} */
    const get = (url) => instance.get(url)
    const circuit = new Opossum(get, { resetTimeout: TTL_MS })
    return (url) => circuit.fire(url)
  },
  cockatiel: (instance) => {
    const rule = { halfOpenAfter: TTL_MS, breaker: new ConsecutiveBreaker(5) }
    const policy = circuitBreaker(handleAll, rule)
    return (url) => policy.execute(() => instance.get(url))
  },
  mollitia: (instance) => {
    const rule = new mollitia.SlidingCountBreaker({ openStateDelay: TTL_MS })
    const circuit = new mollitia.Circuit({ options: { modules: [rule] } })
    circuit.fn((url) => instance.get(url))
    return (url) => circuit.execute(url)
  },
  'axios-retry': (instance) => {
    axiosRetry(instance)
    return (url) => instance.get(url)
  },
}

export const NAMES = Object.keys(VARIANTS)

/**
 * The same for each variant, by name.
 *
 * @template T
 * @param {(guard: Guard) => T} make
 * @returns {Record<string, T>}
 */
export function forEachVariant(make) {
  return Object.fromEntries(NAMES.map((name) => [name, make(VARIANTS[name])]))
}
