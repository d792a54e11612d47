/** Measures the cost of a request while the service is well: one at a time, and many at once. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { compare } from './compare.mjs'
import { connect, UP } from './service.mjs'
import { forEachVariant } from './variants.mjs'

/** @import { Extent } from './main.mjs' */

/** @param {Extent} extent */
export function closed(extent) {
  const calls = forEachVariant((guard) => {
    const get = guard(connect().instance)
    return () => get(UP)
  })
  return compare(calls, { ...extent, calls: 30 })
}

/**
 * Answers arrive one turn of the event loop later, so that all requests are in flight together.
 *
 * @param {Extent} extent
 */
export function concurrent(extent) {
  const calls = forEachVariant((guard) => {
    const { instance } = connect()
    const answer = /** @type {import('axios').AxiosAdapter} */ (instance.defaults.adapter)
    instance.defaults.adapter = async (config) => {
      await nextTurn()
      return answer(config)
    }
    const get = guard(instance)
    return () => get(UP)
  })
  return compare(calls, { ...extent, calls: 50, concurrency: 50 })
}
