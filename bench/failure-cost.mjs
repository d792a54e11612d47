/** Compares the cost of a failure after many successes with its cost after few. */
import { connect, DOWN, UP } from './service.mjs'
import { ratios, median } from './statistics.mjs'
import { NAMES, VARIANTS } from './variants.mjs'

/** @import { Extent } from './main.mjs' */
/** @import { Service } from './service.mjs' */
/** @import { Get, Guard } from './variants.mjs' */

const US_PER_MS = 1000
const FEW_SUCCESSES = 100
const FAILURES = 20
/** Successes between two failures: enough that no circuit opens. */
const SUCCESSES_BETWEEN = 9

/**
 * @param {Extent} extent
 * @returns microseconds of a failure after few and after many successes, and their ratio
 */
export async function failureCost({ successes }) {
  /** @type {Record<string, Awaited<ReturnType<typeof measure>>>} */
  const found = {}
  for (const name of NAMES) found[name] = await measure(VARIANTS[name], successes)
  return found
}

/**
 * @param {Guard} guard
 * @param {number} successes
 */
async function measure(guard, successes) {
  const few = await used(guard, FEW_SUCCESSES)
  const many = await used(guard, successes)
  /** @type {{ few: number[], many: number[] }} */
  const samples = { few: [], many: [] }
  for (let failure = 0; failure < FAILURES; failure += 1) {
    samples.few.push(await timeFailure(few))
    samples.many.push(await timeFailure(many))
  }
  const { few: base, many: found } = samples
  return { few: median(base), many: median(found), ratio: ratios(found, base) }
}

/**
 * @param {Guard} guard
 * @param {number} successes
 */
async function used(guard, successes) {
  const { instance, service } = connect()
  const get = guard(instance)
  await succeed(get, successes)
  return { get, service }
}

/**
 * @param {Get} get
 * @param {number} successes
 */
async function succeed(get, successes) {
  for (let success = 0; success < successes; success += 1) await get(UP)
}

/**
 * @param {{ get: Get, service: Service }} guarded
 * @returns microseconds
 */
async function timeFailure({ get, service }) {
  await succeed(get, SUCCESSES_BETWEEN)
  const { hits } = service
  const start = performance.now()
  await get(DOWN).catch(() => undefined)
  const microseconds = (performance.now() - start) * US_PER_MS
  if (service.hits !== hits + 1) throw new Error('The failure did not reach the service')
  return microseconds
}
