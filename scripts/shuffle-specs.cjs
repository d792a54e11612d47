/** Jest runs the spec files in a random order, which its seed repeats. */
const { createHash } = require('node:crypto')
const { default: Sequencer } = require('@jest/test-sequencer')

module.exports = class extends Sequencer {
  /** @type {number} */
  #seed

  /** @param {ConstructorParameters<typeof Sequencer>[0]} options */
  constructor(options) {
    super(options)
    this.#seed = options.globalConfig.seed
  }

  /**
   * @override
   * @param {import('@jest/test-result').Test[]} tests
   */
  sort(tests) {
    const keys = new Map(tests.map(({ path }) => [path, hash(`${this.#seed} ${path}`)]))
    const keyOf = (/** @type {{ path: string }} */ { path }) => keys.get(path) ?? ''
    return tests.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  }
}

/** @param {string} text */
const hash = (text) => createHash('sha1').update(text).digest('hex')
