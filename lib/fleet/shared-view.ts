/** What the fleet is known to think of a circuit, and how the local circuit follows it. */
import type { LocalCircuit } from '../circuit/local-circuit.js'
import type { CircuitState, FailureReason, Origin, Outcome } from '../circuit/types.js'
import { FAR_FUTURE } from '../storage/limits.js'
import { INITIAL_SNAPSHOT } from '../storage/initial-snapshot.js'
import type { Snapshot } from '../storage/contract.js'

const MICROSECONDS = 1e6

export interface ViewOptions {
  readonly local: LocalCircuit
  /** Monotonic seconds. */
  readonly now: () => number
  /** Whether the process follows the fleet. */
  readonly isUp: () => boolean
  /** An epoch is over: what was seen in it counts no more. */
  readonly onEpoch: () => void
  /** The circuit is not closed. */
  readonly onOutage: () => void
  readonly onMove: (origin: Origin) => void
}

export class SharedView {
  /** What opened the fleet's circuit last, unless this process has seen a failure of its own since. */
  lastFailure: FailureReason | undefined
  readonly #options: ViewOptions
  #snapshot = INITIAL_SNAPSHOT
  #heldUntil = 0
  /** When the fleet's circuit opened, as far as is known: what this process saw alone is not the fleet's. */
  #openedAt = 0

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
    const { local, now } = this.#options
    if (local.decidedState === 'closed') return { ...this.#snapshot, state: 'closed' }
    if (this.isClosed) return this.#snapshot
    return { ...this.#snapshot, openedFor: Math.max(0, now() - this.#openedAt) }
  }

  /**
   * A snapshot that is not newer, because it was late or comes twice, changes nothing; nor does any while alone.
   *
   * @param at when the snapshot was taken, at the earliest: for an answer, when it was asked for
   */
  adopt(snapshot: Snapshot, origin: Origin, at = this.#options.now()): void {
    if (!this.#isNewer(snapshot) || !this.#options.isUp()) return
    const before = this.#snapshot
    this.#see(snapshot, at)
    if (isTransition(before, snapshot)) this.#follow(snapshot, at)
    this.#options.onMove(origin)
  }

  /** After a time alone: the local circuit stays as it is, unless the fleet knows more or is stricter. */
  rejoin(snapshot: Snapshot, at: number): void {
    const isNews = isTransition(this.#snapshot, snapshot) && snapshot.epoch > this.#snapshot.epoch
    const isStricter = snapshot.state !== 'closed' && this.#options.local.decidedState !== 'opened'
    this.#see(snapshot, at)
    if (isNews || isStricter) this.#follow(snapshot, at)
    this.#options.onMove('shared')
  }

  /** What a probe of this process has decided, until the storage says so too. */
  presume(state: CircuitState): void {
    this.#snapshot = { ...this.#snapshot, state }
    if (state === 'opened') this.#openedAt = this.#options.now()
  }

  /** This process had a success: the fleet's failures may be over. Or it had a failure: that is the last one. */
  overrule(outcome: Outcome): void {
    if (outcome === 'failure') this.lastFailure = undefined
    if (outcome !== 'success' || this.#snapshot.failureCount === 0) return
    this.#snapshot = { ...this.#snapshot, failureCount: 0 }
  }

  /** A version from the far future was somebody's garbage: what the storage says now is newer. */
  #isNewer({ version }: Snapshot): boolean {
    const known = this.#snapshot.version
    return version > known || (version > 0 && known - version > FAR_FUTURE * MICROSECONDS)
  }

  #see(snapshot: Snapshot, at: number): void {
    this.#snapshot = snapshot
    this.#heldUntil = at + snapshot.heldFor
    this.#openedAt = at - snapshot.openedFor
    this.lastFailure = snapshot.lastFailure ?? this.lastFailure
    if (!this.isClosed) this.#options.onOutage()
  }

  #follow({ state, openedFor }: Snapshot, at: number): void {
    const { local, onEpoch } = this.#options
    onEpoch()
    if (state === 'closed') local.close()
    else if (state === 'opened') local.open(at - openedFor)
    else local.halfOpen()
  }
}

/** Of two closed epochs nobody says that a probe was between them: what the process has seen itself stands. */
function isTransition(before: Snapshot, { state, epoch }: Snapshot): boolean {
  return state !== before.state || (state !== 'closed' && epoch > before.epoch)
}
