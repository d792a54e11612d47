/** What a page has yet to be told. It is bounded by the circuits that there are, however long the page waits. */
import type { Tracked } from './tracked.js'

export interface News {
  /** The circuits whose rows have changed. They are rendered when they are sent. */
  readonly changed: readonly Tracked[]
  /** The ids of the circuits that were detached. */
  readonly gone: readonly number[]
}

/** The most rows in a message, of about a kilobyte each. The others wait for the next, in the order in which they changed. */
const MOST_ROWS = 100

export class Backlog {
  readonly #changed = new Map<number, Tracked>()
  readonly #gone = new Set<number>()
  /** The summary may have changed alone. */
  #isEmpty = true

  get isEmpty(): boolean {
    return this.#isEmpty
  }

  /** @param tracked the circuit that changed; undefined if the storage did */
  change(tracked: Tracked | undefined): void {
    this.#isEmpty = false
    if (tracked) this.#changed.set(tracked.id, tracked)
  }

  remove(id: number): void {
    this.#isEmpty = false
    this.#changed.delete(id)
    this.#gone.add(id)
  }

  /** @param newest the newest circuit that the page may have: it need not forget what it has never heard of */
  add({ changed, gone }: News, newest: number): void {
    this.#isEmpty = false
    for (const tracked of changed) this.change(tracked)
    for (const id of gone) {
      if (id <= newest) this.remove(id)
      else this.#changed.delete(id)
    }
  }

  /** Takes what one message tells; undefined if there is nothing to tell. */
  take(): News | undefined {
    if (this.#isEmpty) return undefined
    const changed = [...this.#changed.values()].slice(0, MOST_ROWS)
    const gone = [...this.#gone]
    for (const { id } of changed) this.#changed.delete(id)
    this.#gone.clear()
    this.#isEmpty = this.#changed.size === 0
    return { changed, gone }
  }

  /** All that there is to tell, which stays. */
  get all(): News {
    return { changed: [...this.#changed.values()], gone: [...this.#gone] }
  }

  clear(): void {
    this.#isEmpty = true
    this.#changed.clear()
    this.#gone.clear()
  }
}
