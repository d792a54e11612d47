/** What a breaker needs of a storage. The core knows nothing else about sharing. */
import type { Publisher } from '../circuit/events.js'
import type { Machine, Rules } from '../circuit/types.js'

/** The breaker that joins. */
export interface Host {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
}

/** A breaker's part in a fleet. */
export interface Membership {
  /** Whether the storage answers at this moment. */
  readonly isUp: boolean
  /** Makes the machine that decides for this circuit. */
  machineFor(name: string, rules: Rules): Machine
  /** Connects, and reads the circuits. */
  init(): Promise<void>
  /** Waits until every report so far is written, or given up. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * A storage that shares circuits, for the option `storage`: a `RedisStorage`, a `MemoryStorage`, or one of
 * your own, made by `defineStorage`. Its members are internal.
 */
export interface CircuitStorage {
  /** @internal */
  readonly join: (host: never) => unknown
}

/** The internal type of every storage. */
export interface Joinable extends CircuitStorage {
  readonly join: (host: Host) => Membership
}

/** The library makes every storage, so each one is a `Joinable`. */
export function joinStorage(storage: CircuitStorage, host: Host): Membership {
  return (storage as Joinable).join(host)
}
