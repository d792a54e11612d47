/** Compares the cost of a refusal by an open circuit with that of a rejection by a failing service. */
import { compare } from './compare.mjs'
import { connect, DOWN } from './service.mjs'
import { forEachVariant, NAMES } from './variants.mjs'

/** @import { Extent } from './main.mjs' */
/** @import { Guard } from './variants.mjs' */

/** More failures than any of the breakers needs to open. */
const FAILURES = 50

/**
 * @param {Extent} extent
 * @returns microseconds per request, by variant
 */
export async function refused(extent) {
  const connections = forEachVariant(connectTo)
  for (const name of NAMES) await open(connections[name])
  const calls = Object.fromEntries(NAMES.map((name) => [name, connections[name].attempt]))
  return compare(calls, { ...extent, calls: 30 })
}

/** @returns which of the variants spare a service that fails */
export async function refusing() {
  const connections = forEachVariant(connectTo)
  /** @type {Record<string, boolean>} */
  const found = {}
  for (const name of NAMES) found[name] = await open(connections[name])
  return found
}

/** @param {Guard} guard */
function connectTo(guard) {
  const { instance, service } = connect()
  const get = guard(instance)
  return { service, attempt: () => get(DOWN).catch(() => undefined) }
}

/**
 * @param {ReturnType<typeof connectTo>} connection
 * @returns whether the service is spared after many failures
 */
async function open({ service, attempt }) {
  for (let failure = 0; failure < FAILURES; failure += 1) await attempt()
  const { hits } = service
  await attempt()
  return service.hits === hits
}
