/** What the fleet is known to think of a circuit, and how the local circuit follows it. */
import type { LocalCircuit } from '../circuit/local-circuit.js'
import type { CircuitState, Origin } from '../circuit/types.js'
import { NOTHING } from './nothing.js'
import type { Snapshot } from './storage.js'

export interface ViewOptions {
  readonly local: LocalCircuit
  readonly ttl: number
  /** Monotonic seconds. */
  readonly now: () => number
  /** Whether the fleet is gone by. */
  readonly isUp: () => boolean
  /** An epoch is over: what was seen in it counts no more. */
  readonly onEpoch: () => void
  /** The circuit is not closed. */
  readonly onOutage: () => void
  readonly onMove: (origin: Origin) => void
}

export class SharedView {
  readonly #options: ViewOptions
  #snapshot = NOTHING
  #heldUntil = 0

  constructor(options: ViewOptions) {
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#snapshot.state === 'closed'
  }

  get failureCount(): number {
    return this.#snapshot.failureCount
  }

  /** No permit is free, as far as is known. */
  get isHeld(): boolean {
    return this.#options.now() < this.#heldUntil
  }

  /** An outage is as old as it is by now, not as it was when it was told; nor is it one, once overcome alone. */
  get known(): Snapshot {
    const { local, ttl } = this.#options
    if (local.decidedState === 'closed') return { ...this.#snapshot, state: 'closed' }
    return this.isClosed
      ? this.#snapshot
      : { ...this.#snapshot, openedFor: Math.max(0, ttl - local.retryAfter) }
  }

  /** A snapshot that is not newer, because it was late or comes twice, changes nothing; nor does any while alone. */
  adopt(snapshot: Snapshot, origin: Origin): void {
    const { version, epoch, state } = this.#snapshot
    if (snapshot.version <= version || !this.#options.isUp()) return
    this.#see(snapshot)
    if (snapshot.epoch <= epoch && snapshot.state === state) return
    // By its own probe the process has closed it already, and has counted since.
    const isDone = origin === 'local' && this.isClosed && this.#isClosedHere
    if (!isDone) this.#follow(snapshot)
    this.#options.onMove(origin)
  }

  /** After a time alone: the local circuit stays as it is, unless the fleet knows more or is stricter. */
  rejoin(snapshot: Snapshot): void {
    const isNews = snapshot.epoch > this.#snapshot.epoch
    const isStricter = snapshot.state !== 'closed' && this.#options.local.decidedState !== 'opened'
    this.#see(snapshot)
    if (isNews || isStricter) this.#follow(snapshot)
    this.#options.onMove('shared')
  }

  /** What a probe of this process has decided, until the storage says so too. */
  presume(state: CircuitState): void {
    this.#snapshot = { ...this.#snapshot, state }
  }

  /** This process had a success: the fleet's failures are in a row no more. */
  forgetFailures(): void {
    if (this.#snapshot.failureCount > 0) this.#snapshot = { ...this.#snapshot, failureCount: 0 }
  }

  get #isClosedHere(): boolean {
    return this.#options.local.decidedState === 'closed'
  }

  #see(snapshot: Snapshot): void {
    this.#snapshot = snapshot
    this.#heldUntil = this.#options.now() + snapshot.heldFor
    if (!this.isClosed) this.#options.onOutage()
  }

  #follow({ state, openedFor }: Snapshot): void {
    const { local, now, onEpoch } = this.#options
    onEpoch()
    if (state === 'closed') local.close()
    else if (state === 'opened') local.open(now() - openedFor)
    else local.halfOpen()
  }
}
