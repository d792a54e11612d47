/** Commands that were sent and not answered yet. */

const MS_PER_SECOND = 1000
/** So many, of which the oldest has waited for so many seconds, make a connection a dead one. */
const MIN_PENDING = 3
const MIN_WAIT = 1

interface Pending {
  readonly sentAt: number
  readonly reject: (error: unknown) => void
}

export class PendingCommands {
  readonly #all = new Set<Pending>()
  #answeredAt = -Infinity

  /** Whether nothing at all comes back. A server that is slow answers something. */
  get areStuck(): boolean {
    const [oldest] = this.#all
    if (!oldest || this.#all.size < MIN_PENDING || this.#answeredAt > oldest.sentAt) return false
    return now() - oldest.sentAt > MIN_WAIT
  }

  add<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const pending = { sentAt: now(), reject }
      this.#all.add(pending)
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
