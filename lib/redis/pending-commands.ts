/** Commands that were sent and have no answer yet. Notices if a connection has died silently. */
import { schedule } from '../internal/timers.js'
import { afterSocketReads } from './timeouts.js'

const MS_PER_SECOND = 1000
/** Seconds without any answer after which a connection is dead. An attempt to connect fails on a slower one. */
const SILENCE = 2
/**
 * Seconds for which one command may be the oldest. A server answers in order, but the line to a cluster has a
 * connection for each server: one of them may be dead, while the others answer.
 */
const BLOCKADE = 5
/** Seconds between two looks at what is pending. */
const LOOK_PERIOD = 0.25

interface Pending {
  /** Infinity until the command is surely written: a client writes in the next turn of the event loop. */
  sentAt: number
  readonly reject: (error: unknown) => void
}

export class PendingCommands {
  readonly #onStuck: () => void
  readonly #all = new Set<Pending>()
  #answeredAt = -Infinity
  /** When the oldest one became the oldest. */
  #oldestSince = -Infinity
  #isLooking = false

  /** @param onStuck called if no answer will come over this connection. It is called again until one comes. */
  constructor(onStuck: () => void) {
    this.#onStuck = onStuck
  }

  add<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const pending = { sentAt: Infinity, reject }
      this.#all.add(pending)
      if (!this.#isLooking) this.#lookLater()
      // A busy process may reach that turn late. It would take the connection for dead before it has asked.
      afterSocketReads(() => (pending.sentAt = now()))
      reply.finally(() => this.#end(pending)).then(resolve, reject)
    })
  }

  rejectAll(error: unknown): void {
    const all = [...this.#all]
    this.#all.clear()
    for (const { reject } of all) reject(error)
  }

  get #areStuck(): boolean {
    const [oldest] = this.#all
    if (!oldest) return false
    const silentSince = Math.max(oldest.sentAt, this.#answeredAt)
    const blockedSince = Math.max(oldest.sentAt, this.#oldestSince)
    return now() - silentSince > SILENCE || now() - blockedSince > BLOCKADE
  }

  #end(pending: Pending): void {
    const [oldest] = this.#all
    if (!this.#all.delete(pending)) return
    this.#answeredAt = now()
    if (pending === oldest) this.#oldestSince = now()
  }

  /** A timer looks, since nobody may send a command while nothing is answered. */
  #lookLater(): void {
    this.#isLooking = true
    schedule(LOOK_PERIOD, () => {
      this.#isLooking = false
      if (this.#all.size > 0) this.#lookLater()
      // A process that was busy or stopped has answers in its sockets.
      if (this.#areStuck) afterSocketReads(() => this.#areStuck && this.#onStuck())
    })
  }
}

function now(): number {
  return performance.now() / MS_PER_SECOND
}
