/** Detects missed messages: each transition is published to all processes, and to the one that caused it. */
import { schedule } from '../internal/timers.js'

/** How many seconds a message may arrive after the answer that shows that it was sent. */
const PATIENCE = 1

interface Epochs {
  /** The newest one that a message brought, or the first answer. */
  heard: number
  /** The newest one that an answer brought. */
  answered: number
  /**
   * That of the last message that anybody may have published. It counts once an answer has brought one as
   * new: a made-up message from the future would hide all that are missed until then.
   */
  claimed: number
}

export class MissedMessages {
  readonly #onMissed: () => void
  readonly #epochs = new Map<string, Epochs>()

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

  /** @param isProven whether Redis has surely published the message */
  received(circuit: string, epoch: number, isProven: boolean): void {
    const known = this.#epochs.get(circuit)
    if (!known) return
    if (isProven) known.heard = Math.max(known.heard, epoch)
    else known.claimed = epoch
    believe(known)
  }

  answered(circuit: string, epoch: number): void {
    const known = this.#epochs.get(circuit)
    if (!known) {
      this.#epochs.set(circuit, { heard: epoch, answered: epoch, claimed: 0 })
      return
    }
    known.answered = Math.max(known.answered, epoch)
    believe(known)
    if (epoch > known.heard) schedule(PATIENCE, () => this.#check(circuit, epoch))
  }

  #check(circuit: string, epoch: number): void {
    const known = this.#epochs.get(circuit)
    if (!known || known.heard >= epoch) return
    // Report the miss once, and not for each later answer.
    known.heard = epoch
    this.#onMissed()
  }
}

function believe(known: Epochs): void {
  if (known.claimed <= known.answered) known.heard = Math.max(known.heard, known.claimed)
}
