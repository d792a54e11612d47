/**
 * Jest's environment for Node, which looks up each stack frame in the source maps once. Jest's own does so whenever a
 * stack is read, and axios reads several stacks for each request that fails.
 */
const { TestEnvironment } = require('jest-environment-node')

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup()
    this.global.Error.prepareStackTrace = remembering()
  }
}

/** @returns a formatter of stacks */
function remembering() {
  /** @type {Map<string, string>} */
  const lines = new Map()

  /** @param {NodeJS.CallSite} frame */
  const lineOf = (frame) => {
    // oxlint-disable-next-line typescript/no-base-to-string -- V8 writes a frame as in a stack
    const place = String(frame)
    const line = lines.get(place) ?? formatted([frame]).slice(formatted([]).length)
    lines.set(place, line)
    return line
  }

  /** @type {NonNullable<typeof Error.prepareStackTrace>} */
  return (error, frames) => formatted([], error) + frames.map((frame) => lineOf(frame)).join('')
}

/**
 * As Jest formats it, which replaces the function for each file of specs.
 *
 * @param {NodeJS.CallSite[]} frames
 * @param {Error} [error]
 * @returns {string}
 */
function formatted(frames, error = new Error('')) {
  return Error.prepareStackTrace?.(error, frames)
}
