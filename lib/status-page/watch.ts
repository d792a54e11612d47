/** Follows a breaker: its circuits and its storage. */
import type { Attempt, CircuitEvents } from '../circuit/events.js'
import type { FailureReason } from '../circuit/types.js'
import { onForced, type ObservedBreaker, type ObservedCircuit } from '../observe/observed.js'
import type { Result } from './recent.js'
import { Tracked } from './tracked.js'

/** The status of the storage. */
export interface StorageStatus {
  readonly isUp: boolean
  /** Why the storage was lost, if an event said so. */
  readonly reason: string | undefined
  /** How many seconds the last loss took, once it is over. */
  readonly lostFor: number | undefined
  /** When the storage was lost or restored. */
  readonly at: Date | undefined
}

/** Called with the circuit that changed, or with undefined if the storage did. */
export type Changed = (what: Tracked | undefined) => void

export class Watch {
  readonly #breaker: ObservedBreaker
  readonly #onChange: Changed
  readonly #onGone: (tracked: Tracked) => void
  readonly #tracked = new Map<string, Tracked>()
  readonly #unsubscribe: readonly (() => void)[]
  #ids = 0
  #lost: { readonly reason: string; readonly at: Date } | undefined
  #restored: { readonly lostFor: number; readonly at: Date } | undefined
  #seenUp: boolean | undefined

  constructor(breaker: ObservedBreaker, onChange: Changed, onGone: (tracked: Tracked) => void) {
    this.#breaker = breaker
    this.#onChange = onChange
    this.#onGone = onGone
    this.#seenUp = breaker.storageUp
    for (const circuit of breaker.circuits) this.#track(circuit)
    this.#unsubscribe = this.#subscribe()
  }

  /** The circuits, in the order in which they were attached. */
  get circuits(): readonly Tracked[] {
    return [...this.#tracked.values()]
  }

  /** The id of the newest circuit, which may be gone. */
  get newest(): number {
    return this.#ids
  }

  /** The circuit of the row, unless it was detached. */
  find(id: number): Tracked | undefined {
    return this.circuits.find((tracked) => tracked.id === id)
  }

  get storage(): StorageStatus | undefined {
    const isUp = this.#breaker.storageUp
    if (isUp === undefined) return undefined
    if (isUp) {
      const { lostFor, at } = this.#restored ?? {}
      return { isUp, reason: undefined, lostFor, at }
    }
    const { reason, at } = this.#lost ?? {}
    return { isUp, reason, lostFor: undefined, at }
  }

  /** Finds changes that no event reports. */
  poll(): void {
    for (const tracked of this.#tracked.values()) {
      if (tracked.hasChanged()) this.#onChange(tracked)
    }
    if (this.#breaker.storageUp === this.#seenUp) return
    this.#seenUp = this.#breaker.storageUp
    this.#onChange(undefined)
  }

  /** Removes the listeners from the breaker. */
  end(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#tracked.clear()
  }

  #subscribe(): readonly (() => void)[] {
    const breaker = this.#breaker
    const change = ({ circuit }: { readonly circuit: string }): void => this.#change(circuit)
    return [
      breaker.on('created', ({ circuit }) => this.#create(circuit)),
      breaker.on('detached', ({ circuit }) => this.#forget(circuit)),
      breaker.on('attempted', (attempt) =>
        this.#record(attempt.circuit, resultOf(attempt), attempt),
      ),
      breaker.on('rejected', ({ circuit, dryRun }) =>
        this.#record(circuit, dryRun ? 'dry-run' : 'refused'),
      ),
      breaker.on('stateChanged', (moved) => this.#change(moved.circuit, (it) => it.move(moved))),
      breaker.on('failed', (failure) => this.#fail(failure)),
      breaker.on('recovered', change),
      onForced(breaker, change),
      breaker.on('storageLost', (event) => this.#lose(event)),
      breaker.on('storageRestored', (event) => this.#restore(event)),
    ]
  }

  #track(circuit: ObservedCircuit): Tracked {
    this.#ids += 1
    const tracked = new Tracked(this.#ids, circuit)
    this.#tracked.set(circuit.name, tracked)
    return tracked
  }

  #create(name: string): void {
    const circuit = this.#breaker.circuit(name)
    if (circuit && !this.#tracked.has(name)) this.#onChange(this.#track(circuit))
  }

  #forget(name: string): void {
    const tracked = this.#tracked.get(name)
    if (!tracked || !this.#tracked.delete(name)) return
    this.#onGone(tracked)
  }

  #record(name: string, result: Result, reason?: FailureReason): void {
    const tracked = this.#tracked.get(name)
    if (!tracked) return
    tracked.record(result, reason)
    this.#onChange(tracked)
  }

  /** A request that is too slow is a failure while it is under way: nobody knows when it will end. */
  #fail(failure: CircuitEvents['failed']): void {
    this.#change(failure.circuit, (tracked) => {
      if (failure.slow) tracked.fail(failure)
    })
  }

  #change(name: string, note?: (tracked: Tracked) => void): void {
    const tracked = this.#tracked.get(name)
    if (!tracked) return
    note?.(tracked)
    this.#onChange(tracked)
  }

  #lose({ reason }: CircuitEvents['storageLost']): void {
    this.#lost = { reason, at: new Date() }
    this.#onChange(undefined)
  }

  #restore({ lostFor }: CircuitEvents['storageRestored']): void {
    this.#restored = { lostFor, at: new Date() }
    this.#onChange(undefined)
  }
}

function resultOf({ outcome, slow }: Attempt): Result {
  return slow ? 'slow' : outcome
}
