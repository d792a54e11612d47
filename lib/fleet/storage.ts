/** Storages are made here: what connects a breaker to them is the same for all. */
import type { CircuitStorage, Joinable } from '../breaker/membership.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'
import { Fleet } from './fleet.js'
import { processReporter } from './reporter.js'
import { resolveSharing, type Sharing, type SharingOptions } from './sharing.js'

/** The default `reporter` of a storage whose breakers stand for processes. */
export const EACH_BREAKER = ''

/** Begins to connect. Called once for each breaker's `init()`. Does not throw. */
export type Connect = (listener: ConnectionListener) => Connection

/** A storage, and the way to connect to it: the suite of the contract takes this. */
export interface SharedStorage extends CircuitStorage {
  readonly connect: Connect
}

export interface StorageDefinition {
  /** How breakers use the storage: `quorum`, deadlines and the rest. Each has a default. */
  readonly options?: SharingOptions | undefined
  /**
   * Begins to connect one breaker. The connection carries out each command atomically, by one clock for all
   * processes; `decide` has the rules. Run `storageContract` of `axios-breaker/testing` on it.
   */
  readonly connect: Connect
}

/**
 * Makes a storage of your own, for `new CircuitBreaker({ storage })`.
 *
 * @throws ConfigError
 */
export function defineStorage({ options = {}, connect }: StorageDefinition): SharedStorage {
  return shareThrough(connect, resolveSharing(options, processReporter()))
}

/** @param sharing with the defaults filled in */
export function shareThrough(connect: Connect, sharing: Sharing): Joinable & SharedStorage {
  return { connect, join: (host) => new Fleet(host, sharing, connect) }
}
