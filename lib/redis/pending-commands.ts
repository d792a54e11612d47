/** Commands that were sent and have no answer yet. */
import { afterSocketReads } from './timeouts.js'

const MS_PER_SECOND = 1000
/** A connection is dead if this many commands are pending, and the oldest has waited this many seconds. */
const MIN_PENDING = 3
const MIN_WAIT = 1

interface Pending {
  /** Infinity until the command is surely written: a client writes in the next turn of the event loop. */
  sentAt: number
  readonly reject: (error: unknown) => void
}

export class PendingCommands {
  readonly #all = new Set<Pending>()
  #answeredAt = -Infinity

  /** Whether nothing at all comes back. A slow server answers some commands. */
  get areStuck(): boolean {
    const [oldest] = this.#all
    if (!oldest || this.#all.size < MIN_PENDING || this.#answeredAt > oldest.sentAt) return false
    return now() - oldest.sentAt > MIN_WAIT
  }

  add<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const pending = { sentAt: Infinity, reject }
      this.#all.add(pending)
      // A busy process may reach that turn late. It would take the connection for dead before it has asked.
      afterSocketReads(() => (pending.sentAt = now()))
      const end = (): void => {
        if (this.#all.delete(pending)) this.#answeredAt = now()
      }
      reply.finally(end).then(resolve, reject)
    })
  }

  rejectAll(error: unknown): void {
    const all = [...this.#all]
    this.#all.clear()
    for (const { reject } of all) reject(error)
  }
}

function now(): number {
  return performance.now() / MS_PER_SECOND
}
