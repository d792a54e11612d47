/** Counts the probes that a service receives while it stays down. */
import { setTimeout as sleep } from 'node:timers/promises'
import { NAIVE, OPOSSUM, SHARED } from './guards.mjs'

/** @import { FleetExtent, Scene } from './fleet.mjs' */

export const RULES = { threshold: 5, ttl: 0.5 }
/** Milliseconds that the service takes to answer 500, so each probe is in flight for as long. */
export const DELAY = 50
export const CALLERS = 8
/** Milliseconds between two requests of a caller. */
const PAUSE = 5

/**
 * @param {Scene} scene
 * @param {FleetExtent} extent
 * @returns requests per ttl, and the most that were in flight at once
 */
export async function probes(scene, { seconds }) {
  /** @type {Record<string, { perTtl: number, most: number }>} */
  const found = {}
  for (const variant of [SHARED, OPOSSUM, NAIVE]) {
    found[variant] = await measure(scene, variant, seconds)
  }
  return found
}

/**
 * @param {Scene} scene
 * @param {string} variant
 * @param {number} seconds
 */
async function measure({ fleet, upstream, settings }, variant, seconds) {
  upstream.behave({ isDown: true, delay: DELAY })
  await fleet.guardBy(variant, { ...settings, ...RULES })
  await fleet.all('getUntilRefused')
  upstream.reset()
  await fleet.all('startCallers', CALLERS, PAUSE)
  await sleep(seconds * 1000)
  const { hits, most } = upstream
  await fleet.all('endCallers')
  return { perTtl: hits / (seconds / RULES.ttl), most }
}
