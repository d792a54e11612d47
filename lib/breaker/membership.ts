/** What a breaker needs of a storage. The core knows nothing else about sharing. */
import type { Publisher } from '../circuit/events.js'
import type { GivenForce, StandingForce } from '../circuit/force.js'
import type { Machine, Rules } from '../circuit/types.js'

/** The breaker that joins. */
export interface Host {
  readonly publisher: Publisher
  /** Monotonic seconds. */
  readonly now: () => number
}

/** The forces of all circuits by name, also of circuits that are not attached yet. */
export interface Forces {
  /** The force that stands. One that is over may still be returned: the breaker leaves it out. */
  of(circuit: string): StandingForce | undefined
  /** @param onForced is called after `of(circuit)` has changed, whether the circuit is attached or not */
  watch(onForced: (circuit: string) => void): void
  /**
   * Calls the watcher before it resolves.
   *
   * @param force undefined lifts the force that stands, if there is one
   * @throws Error with the reason, and changes nothing, if the force cannot be kept or shared
   */
  set(circuit: string, force: GivenForce | undefined): Promise<void>
}

/** A breaker's part in a fleet. */
export interface Membership {
  /** Whether the storage answers at this moment. */
  readonly isUp: boolean
  /** If the storage cannot share them, `set` rejects. */
  readonly forces: Forces
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
