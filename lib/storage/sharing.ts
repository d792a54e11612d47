/** Options of every shared storage, their defaults and the reasons for them. */
import { countField, parse, secondsField, withDefaults, type Shape } from '../validation.js'

export interface SharingOptions {
  /**
   * Distinct processes that must have seen failures before a circuit opens for all; a whole number
   * from 1. Default 1: what opens for one opens for all. With 2, one process whose own network is
   * broken no longer has the requests of all others refused, and is protected by its own results.
   */
  readonly quorum?: number | undefined
  /**
   * Seconds that a request which may be a probe waits for its permit; above 0. Default 0.1: far above
   * a round trip, and little to a caller. After it the process goes by its own results.
   */
  readonly permitDeadline?: number | undefined
  /** Seconds after which any other command counts as unanswered; above 0. Default 0.5: nobody waits for it. */
  readonly commandDeadline?: number | undefined
  /** Seconds after which `init()` rejects; above 0. Default 5. */
  readonly initDeadline?: number | undefined
  /**
   * Seconds for which a probe holds its permit; above 0. Default 10. It is renewed while the probe
   * runs, so this is how long a fleet waits after the process that probes has died.
   */
  readonly lease?: number | undefined
  /**
   * Seconds between reads of a circuit that is not closed, in case a message was lost; above 0.
   * Default 5, give or take a fifth, so that a fleet does not read all at once.
   */
  readonly refresh?: number | undefined
}

export type Sharing = { readonly [Key in keyof SharingOptions]-?: number }

const DEFAULTS: Sharing = {
  quorum: 1,
  permitDeadline: 0.1,
  commandDeadline: 0.5,
  initDeadline: 5,
  lease: 10,
  refresh: 5,
}

export function sharingShape() {
  return {
    quorum: countField(),
    permitDeadline: secondsField(),
    commandDeadline: secondsField(),
    initDeadline: secondsField(),
    lease: secondsField(),
    refresh: secondsField(),
  } satisfies Shape<SharingOptions>
}

/** @throws ConfigError */
export function resolveSharing(options: unknown): Sharing {
  return withDefaults(DEFAULTS, parse(sharingShape(), options, 'options of the storage'))
}
