/** A test sequencer for Jest: spec files run in a random order, which Jest's seed repeats. */
import { createHash } from 'node:crypto'

export default class ShuffledSpecs {
  #seed

  /** @param {{ globalConfig: { seed: number } }} options */
  constructor({ globalConfig }) {
    this.#seed = globalConfig.seed
  }

  /** @param {{ path: string }[]} tests */
  sort(tests) {
    const keyOf = (/** @type {{ path: string }} */ { path }) => hash(`${this.#seed} ${path}`)
    return tests.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  }

  /** Jest calls this at the end. The order depends on no earlier run. */
  cacheResults() {}
}

/** @param {string} text */
const hash = (text) => createHash('sha1').update(text).digest('hex')
