import { brand } from './brand.js'

/**
 * An option is invalid. The message names the option, what was expected, and what kind of value was given.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

brand(ConfigError, 'ConfigError')
