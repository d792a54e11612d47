/** Makes storages. All of them connect breakers in the same way. */
import type { CircuitStorage, Joinable } from '../breaker/membership.js'
import { ConfigError } from '../internal/config-error.js'
import { field, functionField, parse, type Shape } from '../internal/validation.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'
import { Fleet } from './fleet.js'
import { processReporter } from './reporter.js'
import { resolveSharing, type Sharing, type SharingOptions } from './sharing.js'

/** The default `reporter` of a storage whose breakers each stand for a process. */
export const EACH_BREAKER = ''

/** Starts to connect one breaker. Each `init()` calls it once. It must not throw. */
export type Connect = (listener: ConnectionListener) => Connection

/** A storage, and the function that connects to it, which the contract's suite needs. */
export interface SharedStorage extends CircuitStorage {
  readonly connect: Connect
}

export interface StorageDefinition {
  /** How breakers use the storage: `quorum`, deadlines and so on. Each option has a default. */
  readonly options?: SharingOptions | undefined
  /**
   * Starts to connect one breaker. The connection must carry out each command atomically, by one clock for
   * all processes; `decide` implements the rules. Test it with `storageContract` of `axios-breaker/testing`.
   */
  readonly connect: Connect
}

/**
 * Makes a storage of your own, for `new CircuitBreaker({ storage })`.
 *
 * @throws ConfigError
 */
export function defineStorage(definition: StorageDefinition): SharedStorage {
  const { options = {}, connect } = parse(shape(), definition, WHAT)
  if (!connect) throw new ConfigError(`Invalid ${WHAT}\n✖ Expected a function, given undefined\n  → at connect`) // prettier-ignore
  return shareThrough(connect, resolveSharing(options, processReporter()))
}

const WHAT = 'definition of a storage'

function shape() {
  return {
    // They are checked by themselves.
    options: field<SharingOptions>('an object', () => true),
    connect: functionField<Connect>(),
  } satisfies Shape<StorageDefinition>
}

/** @param sharing with the defaults filled in */
export function shareThrough(connect: Connect, sharing: Sharing): Joinable & SharedStorage {
  return { connect, join: (host) => new Fleet(host, sharing, connect) }
}
