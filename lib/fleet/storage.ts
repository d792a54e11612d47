/** A storage of one's own: what connects a breaker to it is the same for all. */
import type { Host, Joinable, Membership } from '../breaker/membership.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'
import { Fleet } from './fleet.js'
import { processReporter } from './reporter.js'
import { resolveSharing, type Sharing, type SharingOptions } from './sharing.js'

/** The default `reporter` of a storage whose breakers stand for processes. */
export const EACH_BREAKER = ''

/**
 * Extend this to share circuits through a storage of your own, and run the contract's suite on it.
 * It has to carry out each command atomically, by one clock, and to keep a few fields for each circuit.
 */
export abstract class Storage implements Joinable {
  readonly #sharing: Sharing

  /**
   * @param reporter the default of the option of this name
   * @throws ConfigError
   */
  protected constructor(options: SharingOptions = {}, reporter = processReporter()) {
    this.#sharing = resolveSharing(options, reporter)
  }

  /** Begins to connect. Called once for each breaker's `init()`. Does not throw. */
  abstract connect(listener: ConnectionListener): Connection

  /** Called by the breaker that is given this storage. */
  join(host: Host): Membership {
    return new Fleet(host, this.#sharing, (listener) => this.connect(listener))
  }
}
