/** Detects missed messages: each transition is published to all processes, and to the one that caused it. */
import { schedule } from '../internal/timers.js'

/** How many seconds a message may arrive after the answer that shows that it was sent. */
const PATIENCE = 1

export class MissedMessages {
  readonly #onMissed: () => void
  /** The newest epoch of each circuit that a message brought, or the first answer. */
  readonly #epochs = new Map<string, number>()

  constructor(onMissed: () => void) {
    this.#onMissed = onMissed
  }

  /** Call this if messages may have been missed, and all circuits are read again. */
  reset(): void {
    this.#epochs.clear()
  }

  forget(circuit: string): void {
    this.#epochs.delete(circuit)
  }

  received(circuit: string, epoch: number): void {
    if (epoch > (this.#epochs.get(circuit) ?? Infinity)) this.#epochs.set(circuit, epoch)
  }

  answered(circuit: string, epoch: number): void {
    const known = this.#epochs.get(circuit)
    if (known === undefined) this.#epochs.set(circuit, epoch)
    else if (epoch > known) schedule(PATIENCE, () => this.#check(circuit, epoch))
  }

  #check(circuit: string, epoch: number): void {
    if ((this.#epochs.get(circuit) ?? Infinity) >= epoch) return
    // Report the miss once, and not for each later answer.
    this.#epochs.set(circuit, epoch)
    this.#onMissed()
  }
}
