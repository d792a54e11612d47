/** Random numbers that a seed repeats. */

/** @typedef {ReturnType<typeof randomFrom>} Random */

/** @param {number} seed */
export function randomFrom(seed) {
  let state = seed >>> 0
  // mulberry32: small, and good enough to draw faults.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  /**
   * @param {number} low
   * @param {number} high
   */
  const between = (low, high) => low + next() * (high - low)
  /**
   * @template T
   * @param {readonly T[]} list
   */
  const oneOf = (list) => list[Math.floor(next() * list.length)]
  /**
   * The time until the next of events that come at random.
   *
   * @param {number} mean
   */
  const gap = (mean) => -Math.log(1 - next()) * mean
  /** @param {Record<string, { weight: number }>} choices */
  const weighted = (choices) => {
    const all = Object.entries(choices)
    let left = next() * all.reduce((sum, [, { weight }]) => sum + weight, 0)
    return all.find(([, { weight }]) => (left -= weight) < 0)?.[0] ?? all[0][0]
  }
  return { next, between, oneOf, gap, weighted }
}
