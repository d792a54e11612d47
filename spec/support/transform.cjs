/** Lets Jest run TypeScript and ES modules: esbuild makes CommonJS of them, and checks no types. */
const { createHash } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { transformSync, version } = require('esbuild')

/** @type {import('esbuild').TransformOptions} */
const OPTIONS = {
  format: 'cjs',
  target: 'node20.19',
  // Jest's modules have no import().
  supported: { 'dynamic-import': false },
  sourcemap: 'inline',
  sourcesContent: false,
}

const own = readFileSync(__filename)

module.exports = {
  /**
   * @param {string} source
   * @param {string} path
   */
  process(source, path) {
    const loader = /\.m?ts$/.test(path) ? 'ts' : 'js'
    return { code: transformSync(source, { ...OPTIONS, loader, sourcefile: path }).code }
  },
  /**
   * @param {string} source
   * @param {string} path
   * @param {{ instrument: boolean }} options
   */
  getCacheKey(source, path, { instrument }) {
    const parts = [own, version, path, String(instrument), source]
    const hash = createHash('sha1')
    for (const part of parts) hash.update(part).update('\0')
    return hash.digest('hex')
  },
}
