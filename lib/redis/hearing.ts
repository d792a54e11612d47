/** Finds out that a message was missed: each transition is published to everybody, its author included. */
import { schedule } from '../internal/timers.js'

/** Seconds that a message may come after the answer which says that there was one. */
const PATIENCE = 1

export class Hearing {
  readonly #onMissed: () => void
  /** The newest epoch of each circuit that was heard of, or read when messages were first heard. */
  readonly #epochs = new Map<string, number>()

  constructor(onMissed: () => void) {
    this.#onMissed = onMissed
  }

  /** Messages may have been missed, and all circuits are read anew. */
  reset(): void {
    this.#epochs.clear()
  }

  forget(circuit: string): void {
    this.#epochs.delete(circuit)
  }

  heard(circuit: string, epoch: number): void {
    if (epoch > (this.#epochs.get(circuit) ?? Infinity)) this.#epochs.set(circuit, epoch)
  }

  answered(circuit: string, epoch: number): void {
    const known = this.#epochs.get(circuit)
    if (known === undefined) this.#epochs.set(circuit, epoch)
    else if (epoch > known) schedule(PATIENCE, () => this.#isItHeard(circuit, epoch))
  }

  #isItHeard(circuit: string, epoch: number): void {
    if ((this.#epochs.get(circuit) ?? Infinity) >= epoch) return
    // Missed once, and not again by each answer that comes.
    this.#epochs.set(circuit, epoch)
    this.#onMissed()
  }
}
