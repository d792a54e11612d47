/**
 * Circuits that messages have named. Whoever may publish can name any circuits, so they are bounded, and few of them
 * are read at a time. The next search finds what is left out.
 */

/** In characters. */
const LONGEST_NAME = 1000
const MOST = 1000
const MOST_AT_ONCE = 100

export class Hints {
  readonly #names = new Set<string>()

  get isEmpty(): boolean {
    return this.#names.size === 0
  }

  add(name: string): void {
    if (name.length <= LONGEST_NAME && this.#names.size < MOST) this.#names.add(name)
  }

  /** Takes some out. */
  take(): string[] {
    const some = [...this.#names].slice(0, MOST_AT_ONCE)
    for (const name of some) this.#names.delete(name)
    return some
  }
}
