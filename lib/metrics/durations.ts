/** The bounds of the duration histograms, in seconds, and the reasons for them. */
import { field } from '../internal/validation.js'

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
  return field<readonly number[]>('ascending numbers of seconds above 0', areBuckets)
}

function areBuckets(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((bound, i) => Number.isFinite(bound) && bound > (i > 0 ? value[i - 1] : 0))
}
