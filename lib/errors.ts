import { brandOf, isBranded } from './brand.js'

const CONFIG_ERROR = brandOf('ConfigError')

/** An option is wrong. The message says its path, the value given and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(CONFIG_ERROR, ConfigError, this, value)
  }
}

// No static block, which React Native's preset for Babel does not take.
Object.defineProperty(ConfigError.prototype, CONFIG_ERROR, { value: true })
