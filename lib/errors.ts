import { brandOf, isBranded } from './brand.js'

const CONFIG_ERROR = brandOf('ConfigError')

/** An option is wrong. The message says its path, the value given and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  static {
    Object.defineProperty(this.prototype, CONFIG_ERROR, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(CONFIG_ERROR, ConfigError, this, value)
  }
}
