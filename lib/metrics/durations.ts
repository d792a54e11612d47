/** The bounds of the duration histograms, in seconds, and the reasons for them. */
import { tryCall } from '../internal/property.js'
import { describeKind } from '../internal/quote.js'
import { fieldBy, report } from '../internal/validation.js'

/**
 * From a cached answer to a hanging request. Bounds sit at the common timeouts of 1, 2, 5, 10 and 30 seconds.
 * A request that timed out ends a little later, so it falls into the next range, apart from those that were
 * answered in time.
 */
export const REQUEST_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30,
]

/** From a round trip on the loopback to the deadlines: 0.1 for a permit, 0.5 for any other command. */
export const COMMAND_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
]

export function bucketsField() {
  const expected = 'ascending numbers of seconds above 0'
  return fieldBy<readonly number[]>(expected, (payload) => {
    const { value } = payload
    // The array may change later, or be a proxy that throws. A hole in it becomes undefined.
    const copy = tryCall(() => (Array.isArray(value) ? Array.from<unknown>(value) : []))
    if (copy && areBuckets(copy)) payload.value = copy
    else report(payload, expected, describeKind(value))
  })
}

function areBuckets(bounds: readonly unknown[]): boolean {
  const isNext = (bound: unknown, i: number): boolean =>
    Number.isFinite(bound) && Number(bound) > (i > 0 ? Number(bounds[i - 1]) : 0)
  return bounds.length > 0 && bounds.every(isNext)
}
