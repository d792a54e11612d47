/** Counts the requests that a failing service receives until no process sends any more. */
import { OPOSSUM, OWN, SHARED } from './guards.mjs'

/** @import { FleetExtent, Scene } from './fleet.mjs' */

export const THRESHOLD = 5
/** Successes of each process before the outage, because rules by failure rate count those too. */
export const SUCCESSES = 5
/** Milliseconds that the service takes to answer 500, so each request is in flight for as long. */
const DELAY = 20

/**
 * @param {Scene} scene
 * @param {FleetExtent} extent
 * @returns requests after no success, and after some, one figure a round
 */
export async function outage(scene, { rounds }) {
  /** @type {Record<string, { fresh: number[], used: number[] }>} */
  const found = {}
  for (const variant of [SHARED, OWN, OPOSSUM]) {
    found[variant] = { fresh: [], used: [] }
    for (let round = 0; round < rounds; round += 1) {
      found[variant].fresh.push(await measure(scene, variant, 0))
      found[variant].used.push(await measure(scene, variant, SUCCESSES))
    }
  }
  return found
}

/**
 * @param {Scene} scene
 * @param {string} variant
 * @param {number} successes
 */
async function measure({ fleet, upstream, settings }, variant, successes) {
  upstream.behave({ isDown: false })
  await fleet.guardBy(variant, { ...settings, threshold: THRESHOLD, ttl: 60 })
  await fleet.all('get', ...Array.from({ length: successes }, () => '/'))
  upstream.behave({ isDown: true, delay: DELAY })
  await fleet.all('getUntilRefused')
  return upstream.hits
}
