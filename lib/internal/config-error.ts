import { brand } from './brand.js'

/** An option is wrong. The message says its path, the kind of value given and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

brand(ConfigError, 'ConfigError')
