/** Medians and quartiles, because a busy machine causes outliers on one side only. */

/** @param {readonly number[]} values at least one */
export function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return { low: at(sorted, 0.25), median: at(sorted, 0.5), high: at(sorted, 0.75) }
}

/** @param {readonly number[]} values at least one */
export const median = (values) => quartiles(values).median

/**
 * @param {readonly number[]} values at least one
 * @param {number} share of the values below the result, from 0 to 1
 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return at(sorted, share)
}

/**
 * The quartiles of the ratios to the base, each ratio within one round or process.
 *
 * @param {readonly number[]} values
 * @param {readonly number[]} base
 */
export function ratios(values, base) {
  return quartiles(values.map((value, round) => value / base[round]))
}

/**
 * @param {readonly number[]} sorted
 * @param {number} share
 */
function at(sorted, share) {
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)]
  return below + (sorted[Math.ceil(position)] - below) * (position % 1)
}
