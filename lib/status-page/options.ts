/** The options of the status page, with their defaults and the reasons for them. */
import {
  countField,
  field,
  parse,
  secondsField,
  withDefaults,
  type Shape,
} from '../internal/validation.js'

export interface StatusPageOptions {
  /** The page's heading. Default `Circuits`. If several processes answer, name the process. */
  readonly title?: string | undefined
  /**
   * Seconds between keep-alives on an open page; above 0. Default 15: proxies commonly close an idle
   * connection after 30 to 60. A page that reads nothing for twice as long is dropped.
   */
  readonly heartbeat?: number | undefined
  /**
   * How many pages may be open at once; a whole number from 1. Default 256: each holds a connection.
   * One more gets a 503, and tries again.
   */
  readonly maxStreams?: number | undefined
}

type Resolved = { readonly [Key in keyof StatusPageOptions]-?: NonNullable<StatusPageOptions[Key]> }

const DEFAULTS: Resolved = { title: 'Circuits', heartbeat: 15, maxStreams: 256 }

/** @throws ConfigError */
export function resolveOptions(options: unknown): Resolved {
  return withDefaults(DEFAULTS, parse(shape(), options, 'options of the status page'))
}

function shape() {
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
  return {
    title: field<string>('a string that is not empty', isText),
    heartbeat: secondsField(),
    maxStreams: countField(),
  } satisfies Shape<StatusPageOptions>
}
