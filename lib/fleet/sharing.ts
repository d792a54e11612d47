/** The options of every shared storage, with their defaults and the reasons for them. */
import {
  countField,
  field,
  parse,
  secondsField,
  withDefaults,
  type Shape,
} from '../internal/validation.js'

export interface SharingOptions {
  /**
   * The number of reporters needed to open a circuit for all; a whole number from 1. The circuit opens if
   * it would open even with its `quorum - 1` worst reporters left out. Default 1: what opens for one
   * opens for all. With 2, one process whose own network is broken no longer has the requests of all
   * others refused; its own results protect it.
   */
  readonly quorum?: number | undefined
  /**
   * Seconds that a possible probe waits for its permit; above 0. Default 0.1: far above a round trip, and
   * short for a caller. After that, the process uses its own results.
   */
  readonly permitDeadline?: number | undefined
  /**
   * Seconds after which any other command counts as unanswered; above 0. Default 0.5: nobody waits for it.
   */
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
  /**
   * What counts once for the `quorum`: 1 to 64 letters, digits and `:._-`. Default: the operating
   * system's process, so that two breakers in it are one reporter. Set it to the host's name if
   * several processes share one network that may break.
   */
  readonly reporter?: string | undefined
}

export type Sharing = { readonly [Key in keyof SharingOptions]-?: NonNullable<SharingOptions[Key]> }

const DEFAULTS: Omit<Sharing, 'reporter'> = {
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
    reporter: field<string>('1 to 64 letters, digits and :._-', isReporter),
  } satisfies Shape<SharingOptions>
}

/** @throws ConfigError */
export function resolveSharing(options: unknown, reporter: string): Sharing {
  return withDefaults(
    { ...DEFAULTS, reporter },
    parse(sharingShape(), options, 'options of the storage'),
  )
}

function isReporter(value: unknown): boolean {
  return typeof value === 'string' && /^[\w:.-]{1,64}$/.test(value)
}
