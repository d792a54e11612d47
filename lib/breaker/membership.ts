/** What a breaker asks of a storage: the whole of what the core knows of sharing. */
import type { Machine, Origin, Publisher, Rules } from '../circuit/types.js'

/** A circuit, as far as its storage is concerned. */
export interface Member {
  readonly name: string
  /** Tells the transition, if there was one. */
  moved(origin: Origin): void
}

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
  machineFor(member: Member, rules: Rules): Machine
  /** Connects, and reads what is known of the circuits. */
  init(): Promise<void>
  /** Waits until every report so far is written, or given up. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface Joinable {
  join(host: Host): Membership
}
