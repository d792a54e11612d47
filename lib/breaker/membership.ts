/** What a breaker asks of a storage: the whole of what the core knows of sharing. */
import type { Machine, Publisher, Rules } from '../circuit/types.js'

/** The breaker that joins. */
export interface Host {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
}

/** A breaker's part in what is shared. */
export interface Membership {
  /** Whether commands are answered at this moment. */
  readonly isUp: boolean
  /** What decides for the circuit of this name. */
  machineFor(name: string, rules: Rules): Machine
  /** Connects, and reads what is known of the circuits. */
  init(): Promise<void>
  /** Waits until every report so far is written, or given up. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * A storage that shares circuits, for the option `storage`: a `RedisStorage`, a `MemoryStorage`, or one of
 * your own, made by `defineStorage`. What a breaker asks of it is no part of the public interface.
 */
export interface CircuitStorage {
  /** @internal */
  readonly join: (host: never) => unknown
}

/** A storage as the library makes it. */
export interface Joinable extends CircuitStorage {
  readonly join: (host: Host) => Membership
}

/** Every storage comes from the library: what is handed in is as it was made there. */
export function joinStorage(storage: CircuitStorage, host: Host): Membership {
  return (storage as Joinable).join(host)
}
